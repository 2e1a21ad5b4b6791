"""The adapters of exchanges, and the simulated exchanges."""

import pytest

pytest.register_assert_rewrite("tests.exchanges.contract")
