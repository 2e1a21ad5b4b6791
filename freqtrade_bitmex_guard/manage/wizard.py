"""The guided set-up: the seven steps of the guide, and nothing written before the key was admitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from freqtrade_bitmex_guard.client import exchange_client, settings
from freqtrade_bitmex_guard.config.edit import ConfigFile, FileEdit, staged_replacement
from freqtrade_bitmex_guard.config.files import environment_overrides
from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.manage import wizard_plan, wizard_stores
from freqtrade_bitmex_guard.manage.bot_context import BotContext, check_candidate
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.networks import Network, count_addresses
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_CHECK_AGAIN = "I have changed something: check the same key again"


_NEW_KEY = "I have made another key: take its id and secret"


_STOP = "end here: nothing was written, so setup begins anew when it is run again"


def run_wizard(files: Sequence[str], terminal: Terminal) -> int:
    """Walk somebody from no key to a guarded bot.

    Args:
        files: the bot's config files.
        terminal: where they sit.

    Returns:
        The exit code.

    Raises:
        GuardError: misconfigured, if it cannot be done like this; then the config is as it was.
        KeyboardInterrupt: they broke it off; then likewise.
    """
    if not terminal.is_attended:
        fail(
            "usage",
            "setup is a dialogue and needs a terminal.",
            "Without one: `freqtrade-bitmex-guard credentials set`, the section as in the README, then --check-only.",
        )
    subject = BotContext.read(files)
    _fail_on_plaintext(subject)
    _fail_on_variables()
    config_files = subject.config_files()
    with staged_replacement([FileEdit(file, file.document.text, file.parsed()) for file in config_files[:1]]):
        pass  # nobody shall make a key and then hear that the config cannot be changed
    terminal.print(
        f"From no key to a guarded bot on {subject.profile.title}, in seven steps. Nothing is written before the key "
        "was "
        "checked, and Ctrl-C ends it at any time.",
        *([subject.profile.notice] if subject.profile.notice else []),
    )
    hosts = _choose_hosts(subject, terminal)
    store, there = wizard_stores.choose_store(subject, terminal)
    network = _guide_steps(subject, terminal, is_made=there is not None)
    if subject.state is GuardState.ABSENT:
        section = wizard_plan.build_section(network, store, hosts, subject.profile)
    else:
        section = dict(subject.section_source)
    section.pop("enabled", None)
    candidate, verdict = _check_until_admitted(subject, section, there, terminal)
    if not verdict.admitted:
        return verdict.exit_code
    with staged_replacement(_config_edits(subject, section, config_files)) as replace:
        if there is None:
            wizard_stores.store_credentials(subject, store, candidate, terminal)
            terminal.print(f"The key {candidate.masked_id} is in the store now.")
        replace()
    _print_next_steps(subject, candidate, terminal)
    return verdict.exit_code


def _fail_on_plaintext(subject: BotContext) -> None:
    for finding in settings.find_credentials(subject.config["exchange"], subject.profile):
        fail(
            finding.name,
            finding.message,
            f"First move it into the store: `freqtrade-bitmex-guard credentials migrate {subject.config_options}`, "
            "or blank "
            "it if it is no longer used.",
        )


def _fail_on_variables() -> None:
    if SECTION in environment_overrides():
        fail(
            "section-invalid",
            f"A part of {SECTION} stands in variables (FREQTRADE__{SECTION.upper()}__…), which win over the file that "
            "setup writes: what was checked might not be what the bot uses.",
            "Take the variables away, or write the whole section by hand and run --check-only.",
        )


def _choose_hosts(subject: BotContext, terminal: Terminal) -> list[str]:
    """The hosts that may be asked: the exchange's own, or what the person says is theirs, and no others."""
    terms, exchange = subject.profile, subject.config["exchange"]
    allowed = list(subject.section.allowed_hosts)
    if subject.state is GuardState.ABSENT:
        asked = exchange_client.request_hosts(exchange, terms)
        theirs = [host for host in asked if host in allowed or terminal.confirm(_host_question(host, terms))]
        allowed = theirs if set(theirs) - set(allowed) else allowed
    exchange_client.build_client(exchange, terms, allowed)  # for what else is wrong with the way there
    return allowed


def _host_question(host: str, terms: ExchangeProfile) -> str:
    return f"The config sends signed requests to {sanitize(host)}, not to {terms.title}. Is that yours?"


def _guide_steps(subject: BotContext, terminal: Terminal, *, is_made: bool) -> Network:
    """The steps up to the address; of a key that is made already, only the address."""
    choices = {"no: go through all steps": False, "yes: go on with its address, id and secret": True}
    if is_made or terminal.choose("Is there a key for this bot already?", choices):
        return _ask_network(subject, terminal)
    terms = subject.profile
    terminal.step(1, "Two-factor authentication")
    while not terminal.confirm("Is it switched on for your account?"):
        terminal.print(f"{terms.page.two_factor} Without it, whoever has your password makes keys of their own.")
    terminal.step(2, "The page")
    terminal.print(f"Log in, and open {terms.page.location}.")
    terminal.step(3, "A new key")
    terminal.print(f"{terms.page.create} One key for each bot, shared with nothing else.")
    terminal.step(4, "Its name")
    policy = subject.section.policy
    name = terminal.ask(
        "A name by which you know it later:",
        wizard_plan.suggest_key_name(subject.config, terms),
        lambda text: wizard_plan.name_objection(text, policy, terms),
    )
    terminal.print(f"{terms.page.name_field}: {sanitize(name)}")
    terminal.step(5, "What it may do")
    boxes = wizard_plan.permission_checklist(subject.section.policy, terms)
    terminal.print(f"{terms.page.permissions_field}: tick {', '.join(boxes.required)}.")
    if boxes.optional:
        terminal.print(f"If the page offers {', '.join(boxes.optional)}, it may be ticked.")
    if boxes.unneeded:
        terminal.print(f"Leave unticked: {', '.join(boxes.unneeded)}.")
    terminal.print(f"Never tick {', '.join(boxes.forbidden)}: a key with it is refused.", style="bold")
    terminal.step(6, "Where it works from")
    network = _ask_network(subject, terminal)
    terminal.print("Now finish it on the page, which shows the secret this one time.")
    return network


def _ask_network(subject: BotContext, terminal: Terminal) -> Network:
    def will_do(text: str) -> bool | str:
        try:
            wizard_plan.parse_network_input(text)
        except ValueError as problem:
            return str(problem)
        return True

    while True:
        network = wizard_plan.parse_network_input(
            terminal.ask("The bot's public, fixed address (or a block, or first-last):", check=will_do)
        )
        field, admits = subject.profile.page.ip_field, count_addresses([network])
        terminal.print(f"{field}: {network}", f"It admits {admits:,} address{'' if admits == 1 else 'es'}.")
        # Only a policy that is written already can object; else one that fits is written.
        is_written = subject.state is not GuardState.ABSENT
        objections = (
            wizard_plan.network_objections(network, subject.section.policy, subject.profile) if is_written else []
        )
        terminal.print(*objections, style="bold red")
        if not objections and (
            not wizard_plan.is_private(network) or terminal.confirm(_private_network_question(network))
        ):
            return network


def _private_network_question(network: Network) -> str:
    return f"{network} exists in your own network only; the exchange sees your public address. Is it right like this?"


def _check_until_admitted(
    subject: BotContext, section: Mapping[str, Any], there: Credentials | None, terminal: Terminal
) -> tuple[Credentials, Verdict]:
    """Take id and secret and check them, until they are admitted or the person ends it."""
    terminal.step(7, "Id and secret")
    candidate = there or terminal.credentials(subject.profile.credentials)
    while True:
        verdict = check_candidate(subject, candidate, section)
        terminal.report(verdict)
        if verdict.admitted:
            return candidate, verdict
        ways = {_CHECK_AGAIN: candidate, **({} if there else {_NEW_KEY: None}), _STOP: ...}
        chosen = terminal.choose("Nothing was written. What now?", ways)
        if chosen is ...:
            return candidate, verdict
        candidate = chosen if isinstance(chosen, Credentials) else terminal.credentials(subject.profile.credentials)


def _config_edits(subject: BotContext, section: Mapping[str, Any], files: list[ConfigFile]) -> list[FileEdit]:
    """What the config needs so that the bot is guarded: the section, or a section that is switched on."""
    if subject.state is GuardState.ABSENT:
        meaning = {**files[0].parsed(), SECTION: section}
        return [FileEdit(files[0], files[0].document.append_member(SECTION, section), meaning)]
    if subject.section.enabled:
        return []
    changes = []
    for file in files:
        off = [place.span for place in file.document.at(SECTION, "enabled") if file.document.source(place) == "false"]
        if off:
            meaning = file.parsed()
            meaning[SECTION]["enabled"] = True
            changes.append(FileEdit(file, file.document.replace_spans([(span, "true") for span in off]), meaning))
    if not changes:
        fail("guard-disabled", "A variable switches the guard off.", "Take FREQTRADE__API_KEY_GUARD__ENABLED away.")
    return changes


def _print_next_steps(subject: BotContext, candidate: Credentials, terminal: Terminal) -> None:
    terminal.print(f"The bot is guarded, with the key {candidate.masked_id}.", style="bold green")
    terminal.print(
        f"Start it:   freqtrade trade {subject.config_options}",
        f"Check it:   freqtrade-bitmex-guard --check-only {subject.config_options}",
        f"A new key:  freqtrade-bitmex-guard credentials rotate {subject.config_options}",
    )
    if subject.config.get("dry_run", True) is True:
        terminal.print("dry_run is true: the bot trades nothing and reads no key until it is false.")
