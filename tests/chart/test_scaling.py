"""How many pods there are, who decides that, and how they are replaced."""

from chart import rendering

AVAILABLE = "high-availability"


def by_component(found, kind):
    return {rendering.component(it): it for it in rendering.kind(found, kind)}


def test_who_scales_is_alone(rendered):
    """A Deployment that is scaled by load says no number of its own, or each upgrade would set it back."""
    scaled = by_component(rendered, "HorizontalPodAutoscaler")
    for component, it in by_component(rendered, "Deployment").items():
        assert ("replicas" in it["spec"]) is (component not in scaled), component


def test_budgets_only_where_pods_can_spare_one(rendered):
    """There is a disruption budget where there are two pods or more, since with one it would only hold up nodes."""
    scaled, budgets = (by_component(rendered, it) for it in ("HorizontalPodAutoscaler", "PodDisruptionBudget"))
    for component, it in by_component(rendered, "Deployment").items():
        least = scaled[component]["spec"]["minReplicas"] if component in scaled else it["spec"]["replicas"]
        assert (component in budgets) is (least > 1), component
    assert all(it["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow" for it in budgets.values())


def test_services_roll_without_a_gap(rendered):
    """A service's new pod is ready before an old one goes, and pods spread over nodes and zones."""
    for component, it in by_component(rendered, "Deployment").items():
        if component in rendering.SERVICES:
            assert it["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
            spread = it["spec"]["template"]["spec"]["topologySpreadConstraints"]
            assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
            assert all(one["matchLabelKeys"] == ["pod-template-hash"] for one in spread)


def test_high_availability_has_several_of_everything():
    """In that case each service has two pods or more, and no engine is a single pod of ours."""
    found = rendering.documents(AVAILABLE)
    assert set(by_component(found, "PodDisruptionBudget")) == set(rendering.SERVICES)
    assert rendering.kind(found, "StatefulSet") == []


def test_a_changed_setting_rolls_its_service_and_no_other():
    """What a service is told is part of its pods' checksum, so a change restarts just those that are told it."""
    before, after = (rendering.documents("minimal", f"settings.callRingSeconds={it}") for it in (60, 61))
    rolled = {
        component
        for component, it in by_component(before, "Deployment").items()
        if it["spec"]["template"] != by_component(after, "Deployment")[component]["spec"]["template"]
    }
    assert rolled == {"chat-service"}


def test_a_new_chart_alone_restarts_no_engine():
    """Pods carry no version of the chart, so an upgrade restarts an engine only if the engine itself changes."""
    for it in rendering.kind(rendering.documents("minimal"), "Deployment", "StatefulSet"):
        labels = it["spec"]["template"]["metadata"]["labels"]
        assert labels == it["spec"]["selector"]["matchLabels"], it["metadata"]["name"]
