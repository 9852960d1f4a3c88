"""Reading one conversation and changing its title, by entity tag."""

import asyncio
import unicodedata

import pytest
from support.messaging import assert_problem

from parley.contracts.problems import ProblemError
from parley.conversations.model import LOBBY
from parley.message_service.model import MAX_TITLE, is_title
from parley.rest.headers import versions_in


async def rename(member, conv, title, if_match='"1"'):
    headers = {} if if_match is None else {"if-match": if_match}
    return await member.http.patch(f"/api/conversations/{conv}", json={"title": title}, headers=headers)


@pytest.fixture
async def group(ann, bob):
    return await ann.founds(bob, title="String quartet")


async def test_a_title_changes_with_its_tag(world, ann, bob, group):
    """Any member sets the title of the version they have read, which gets a new tag, and the group is told."""
    await world.listening.follow(f"c:{group}")
    assert (await bob.http.get(f"/api/conversations/{group}")).headers["etag"] == '"1"'
    answer = await rename(bob, group, " Quintet\t")
    assert (answer.status_code, answer.json()["title"], answer.headers["etag"]) == (200, "Quintet", '"2"')
    assert (await ann.sees(group)) == answer.json()
    notice = {"t": "conv", "d": {"conv": group, "change": "updated"}}
    assert await world.listening.frames() == [(f"c:{group}", notice)]


async def test_a_title_can_be_taken_away(ann, group):
    """Null leaves the group without a title."""
    assert (await rename(ann, group, None)).json()["title"] is None


@pytest.mark.parametrize("if_match", [None, '"2"', 'W/"1"', '"01"', '"x"', "1", "", '"1" "2"', '"1'])
async def test_without_the_tag_nothing_changes(world, ann, group, if_match):
    """No tag, another one, a weak one and what is no tag are refused, and nothing changes or is told."""
    await world.listening.follow(f"c:{group}")
    assert_problem(await rename(ann, group, "Quintet", if_match), "precondition-failed")
    assert (await ann.sees(group))["title"] == "String quartet"
    assert await world.listening.frames() == []


@pytest.mark.parametrize("if_match", ["*", '"7", "1"', 'W/"7","1"'])
async def test_one_of_several_tags_is_enough(ann, group, if_match):
    """The tag may stand in a list, and a star is any."""
    assert (await rename(ann, group, "Quintet", if_match)).status_code == 200


async def test_parallel_edits_have_one_winner(ann, bob, group):
    """Of many edits of the version that all have read one is made."""
    answers = await asyncio.gather(*(rename(it, group, f"title {n}") for n in range(8) for it in (ann, bob)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 15


@pytest.mark.parametrize("title", ["", "  ", "x" * (MAX_TITLE + 1), "a\nb", "a\x00b", "a\u2028b", 7, ["x"]])
async def test_a_bad_title_is_refused(ann, bob, group, title):
    """A title that is empty, too long, of several lines or no text is refused for a new group as for an old one."""
    assert_problem(await rename(ann, group, title), "invalid", "/title")
    body = {"kind": "group", "members": [bob.id], "title": title}
    assert_problem(await ann.http.post("/api/conversations", json=body), "invalid", "/title")


async def test_an_edit_says_what_it_edits(ann, group):
    """A body without a title changes nothing."""
    answer = await ann.http.patch(f"/api/conversations/{group}", json={}, headers={"if-match": "*"})
    assert_problem(answer, "invalid", "/title")


async def test_the_longest_title_is_taken(ann, group):
    """MAX_TITLE characters of any script are a title."""
    assert (await rename(ann, group, "👋" * MAX_TITLE)).json()["title"] == "👋" * MAX_TITLE


async def test_only_groups_have_titles_of_their_own(ann, bob):
    """Neither a direct conversation nor the lobby can be renamed."""
    for conv in (await ann.meets(bob), LOBBY):
        assert_problem(await rename(ann, conv, "Ours", "*"), "forbidden")


def test_exactly_lines_and_controls_are_refused():
    """Of all characters, controls, halves and ends of lines make no title."""
    refused = {code for code in range(0x11000) if not is_title(chr(code))}
    expected = {code for code in range(0x11000) if unicodedata.category(chr(code)) in ("Cc", "Cs", "Zl", "Zp")}
    assert refused == expected


@pytest.mark.parametrize(
    ("if_match", "versions"),
    [
        ("*", None),
        (" * ", None),
        ('"3"', {3}),
        ('"3" , "12"', {3, 12}),
        ('W/"3", "4"', {4}),
        ('"", "4,5", "6"', {6}),
        ('"1234567890"', set()),
    ],
)
def test_tags_are_compared_strongly(if_match, versions):
    """A list of tags names the versions of its strong tags, and a star names all."""
    assert versions_in(if_match) == versions


@pytest.mark.parametrize("if_match", [None, "", "3", '"3', '"3";', '"3",', ',"3"', 'w/"3"'])
def test_what_is_no_list_of_tags_is_refused(if_match):
    """Without a list of tags nothing can be compared."""
    with pytest.raises(ProblemError, match="precondition-failed"):
        versions_in(if_match)
