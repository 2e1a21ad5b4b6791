"""The tests that every exchange and every store must pass, for those of other packages, too. Needs pytest."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.exchanges", f"{__name__}.stores")
