"""The ring of TURN secrets, and by which rules one is replaced: `model`, `rules`, `decide`, `schedule`, `document`."""
