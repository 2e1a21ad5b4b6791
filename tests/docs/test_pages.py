"""The pages say what the code does: generated ones are as generated today, the others name what exists."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest
from freqtrade import constants

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountQuery
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE
from tests.docs import picture
from tests.docs.generate import GUIDE, PAGES, PARTS, with_parts
from tests.docs.pages import GUIDES, README, ROOT, SITE, blocks, page, table

PACKAGE = ROOT / "freqtrade_bitmex_guard"
AGAIN = "run python -m tests.docs.generate"


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith(".md")])
def test_a_generated_page_is_as_generated_today(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), AGAIN


@pytest.mark.parametrize("name", PARTS)
def test_the_generated_parts_of_a_page_are_as_generated_today(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == with_parts(text, PARTS[name]), AGAIN


def test_the_picture_shows_what_the_command_prints() -> None:
    drawn = (SITE / "images" / "refused.svg").read_text(encoding="utf-8")
    assert picture.words(drawn) == picture.words(picture.draw()), AGAIN
    assert any(line.startswith("withdraw-permission: error") for line in picture.words(drawn))


def test_every_finding_has_a_cause_and_an_action() -> None:
    assert set(GUIDE) == set(FINDINGS)
    for name, guide in GUIDE.items():
        assert set(guide) == {"cause", "action"}, name
        assert all(text.strip().endswith(".") for text in guide.values()), name


def test_every_finding_has_a_heading_of_its_own() -> None:
    assert re.findall(r"^## (.+)$", page("findings.md"), re.MULTILINE) == list(FINDINGS)


def test_the_section_that_is_shown_as_default_is_the_default() -> None:
    (shown,) = (json.loads(block) for block in blocks(page("configuration.md"), "json") if '"policy": {}' in block)
    assert parse_section(shown["api_key_guard"], PROFILE).model_dump() == parse_section({}, PROFILE).model_dump()


@pytest.mark.parametrize("name", ["README.md", *GUIDES])
def test_every_section_on_a_page_is_one_that_the_guard_reads(name: str) -> None:
    text = README if name == "README.md" else GUIDES[name]
    sections = [json.loads(block) for block in blocks(text, "json") if '"api_key_guard"' in block]
    for section in sections:
        of_exchange = replace(PROFILE, cannot_report=UNVERIFIABLE) if "unverifiable" in name else PROFILE
        parse_section(section["api_key_guard"], of_exchange)


def test_every_field_of_the_policy_has_a_heading_with_its_default() -> None:
    text = page("configuration.md")
    parts = dict(re.findall(r"^### (.+?)\n\n(.+?)(?=\n##)", text, re.MULTILINE | re.DOTALL))
    named = [name for title in parts for name in title.split(", ")]
    assert named == list(Policy.model_fields)
    policy = parse_section({}, PROFILE).policy
    for title, part in parts.items():
        for name in title.split(", "):
            value = getattr(policy, name)
            stated = f"`{json.dumps(value)}`" in part or "By default" in part or value == {}
            assert stated, name


def test_the_values_that_refuse_where_not_reported_are_named() -> None:
    sentence = page("configuration.md").split("wrote what must be so:")[1].splitlines()[0]
    expected = dict.fromkeys(name for rule in rules.rules_for(configurable=True) for name in rule.expects)
    assert re.findall(r"`(\w+)`", sentence) == list(expected)


def test_the_source_of_each_posture_rule_is_named() -> None:
    sources = {
        AccountQuery.TWO_FACTOR: "/user",
        AccountQuery.WITHDRAWAL_ADDRESSES: "/address",
        AccountQuery.EVENTS: "/userEvent",
    }
    told = {
        name: source
        for names, source in table(page("exchanges/bitmex.md"), "| rule | from |")
        for name in re.findall(r"`([\w-]+)`", names)
    }
    # BitMEX reports a list of addresses, and its keys have no end.
    of_other_exchanges = {"ip-undisclosed", "ip-not-supported", "key-expiry"}
    for rule in rules.rules_for(configurable=True):
        if rule.name in of_other_exchanges:
            continue
        assert told[rule.name].startswith(f"`{sources[rule.query] if rule.query else '/apiKey'}`")


def test_every_field_that_the_json_page_explains_is_shown_on_it() -> None:
    text = page("reference/json.md")
    shown = "\n".join(blocks(text, "json"))
    fields = [name for row in table(text, "| field | meaning |") for name in re.findall(r"`(\w+)`", row[0])]
    assert len(fields) > 10
    assert [name for name in fields if f'"{name}":' not in shown] == []


def test_the_table_of_the_guide_names_only_what_exists() -> None:
    actions = {f"credentials {action}" for action in ("set", "show", "delete", "migrate", "rotate")}
    known = {*FINDINGS, "setup", "audit", *actions, *Policy.model_fields}
    rows = table(page("quickstart.md"), "| the guide asks for | what does it |")
    assert len(rows) >= 10
    for _, does in rows:
        named = set(re.findall(r"`([^`]+)`", does))
        assert named
        assert named <= known


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", *GUIDES])
def test_a_page_names_only_files_that_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8") if name == "CONTRIBUTING.md" else GUIDES[name]
    for file in re.findall(r"`((?:tests|docs|benchmarks|example_config|\.ci)/[\w/.-]+)`", text):
        assert (ROOT / file).exists(), file


@pytest.mark.parametrize("what", ["exchange", "store", "rule", "command"])
def test_each_recipe_stays_under_ten_lines(what: str) -> None:
    parts = page(f"developers/add-{what}.md").split("\n## ")  # one for this package, and perhaps one for your own
    recipes = [recipe for part in parts if (recipe := re.findall(r"^\d\. .+$", part, re.MULTILINE))]
    assert recipes
    assert all(1 < len(recipe) < 10 for recipe in recipes)


def test_the_architecture_page_has_every_room() -> None:
    rooms = {
        name
        for row in table(page("developers/architecture.md"), "| room | what it is |")
        for name in re.findall(r"`(\w+)/`", row[0])
    }
    assert rooms == {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}


def test_each_folder_from_which_freqtrade_loads_code_is_named() -> None:
    sources = [file.read_text() for file in files("freqtrade.resolvers").iterdir() if file.name.endswith(".py")]
    folder = re.compile(r"^    user_subdir = (USERPATH_\w+)$", re.MULTILINE)
    folders = {getattr(constants, name) for source in sources for name in folder.findall(source)}
    assert folders >= {"strategies", "freqaimodels"}
    attacks = page("evidence/adversarial.md")
    assert {folder for folder in folders if f"`user_data/{folder}`" not in attacks} == set()
    assert "FreqAI model" in page("security/threat-model.md")
