"""The guided set-up: the seven steps of the guide, and nothing written before the key was admitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard import exit_codes, freqtrade_config
from freqtrade_bitmex_guard.addresses import Network, count
from freqtrade_bitmex_guard.config import SECTION
from freqtrade_bitmex_guard.config_files import Change, ConfigFile, replacing
from freqtrade_bitmex_guard.credentials.secret import Credentials
from freqtrade_bitmex_guard.custody.subject import Subject
from freqtrade_bitmex_guard.exchange import client, settings
from freqtrade_bitmex_guard.findings import stop
from freqtrade_bitmex_guard.redaction import harmless
from freqtrade_bitmex_guard.setup import guide, stores
from freqtrade_bitmex_guard.terminal import Terminal
from freqtrade_bitmex_guard.terms import Terms
from freqtrade_bitmex_guard.verdict import Verdict

_AGAIN = "I have changed something: check the same key again"
_ANOTHER = "I have made another key: take its id and secret"
_END = "end here: nothing was written, so setup begins anew when it is run again"


def run(arguments: list[str], terminal: Terminal) -> int:
    """Walk somebody from no key to a guarded bot.

    Args:
        arguments: freqtrade's own, which name the config.
        terminal: where they sit.

    Returns:
        The exit code.

    Raises:
        Stopped: misconfigured, if it cannot be done like this; then the config is as it was.
        KeyboardInterrupt: they broke it off; then likewise.
    """
    if not terminal.is_attended:
        stop(
            "usage",
            "setup is a dialogue and needs a terminal.",
            "Without one: `freqtrade-bitmex-guard credentials set`, the section as in the README, then --check-only.",
        )
    subject = Subject.read(arguments)
    _refuse_plain_text(subject)
    _refuse_variables()
    files = subject.config_files()
    with replacing([Change(file, file.text.text, file.meaning()) for file in files[:1]]):
        pass  # nobody shall make a key and then hear that the config cannot be changed
    terminal.say(
        f"From no key to a guarded bot on {subject.terms.title}, in seven steps. Nothing is written before the key was "
        "checked, and Ctrl-C ends it at any time.",
        *([subject.terms.notice] if subject.terms.notice else []),
    )
    hosts = _hosts(subject, terminal)
    store, there = stores.choose(subject, terminal)
    network = _guided(subject, terminal, is_made=there is not None)
    written = subject.written
    section = dict(written if written is not None else guide.section(network, store, hosts, subject.terms))
    section.pop("enabled", None)
    candidate, verdict = _checked(subject, section, there, terminal)
    if not verdict.admitted:
        return exit_codes.of(verdict)
    with replacing(_changes(subject, section, files)) as replace:
        if there is None:
            stores.keep(subject, store, candidate, terminal)
            terminal.say(f"The key {candidate.masked} is in the store now.")
        replace()
    _tell_how_to_start(subject, candidate, terminal)
    return exit_codes.of(verdict)


def _refuse_plain_text(subject: Subject) -> None:
    for finding in settings.credentials_in(subject.config["exchange"]):
        stop(
            finding.rule,
            finding.message,
            f"First move it into the store: `freqtrade-bitmex-guard credentials migrate {subject.arguments}`, or blank "
            "it if it is no longer used.",
        )


def _refuse_variables() -> None:
    if SECTION in freqtrade_config.variables():
        stop(
            "section-invalid",
            f"A part of {SECTION} stands in variables (FREQTRADE__{SECTION.upper()}__…), which win over the file that "
            "setup writes: what was checked might not be what the bot uses.",
            "Take the variables away, or write the whole section by hand and run --check-only.",
        )


def _hosts(subject: Subject, terminal: Terminal) -> list[str]:
    """The hosts that may be asked: the exchange's own, or what the person says is theirs, and no others."""
    terms, exchange = subject.terms, subject.config["exchange"]
    allowed = list(subject.section.allowed_hosts)
    if subject.written is None:
        asked = client.hosts(exchange, terms)
        theirs = [host for host in asked if host in allowed or terminal.confirm(_is_yours(host, terms))]
        allowed = theirs if set(theirs) - set(allowed) else allowed
    client.build(exchange, terms, allowed)  # for what else is wrong with the way there
    return allowed


def _is_yours(host: str, terms: Terms) -> str:
    return f"The config sends signed requests to {harmless(host)}, not to {terms.title}. Is that yours?"


def _guided(subject: Subject, terminal: Terminal, *, is_made: bool) -> Network:
    """The steps up to the address; of a key that is made already, only the address."""
    choices = {"no: go through all steps": False, "yes: go on with its address, id and secret": True}
    if is_made or terminal.choose("Is there a key for this bot already?", choices):
        return _address(subject, terminal)
    terms = subject.terms
    terminal.step(1, "Two-factor authentication")
    while not terminal.confirm("Is it switched on for your account?"):
        terminal.say(f"{terms.two_factor} Without it, whoever has your password makes keys of their own.")
    terminal.step(2, "The page")
    terminal.say(f"Log in, and open {terms.keys_page}.")
    terminal.step(3, "A new key")
    terminal.say(f"{terms.create_key} One key for each bot, shared with nothing else.")
    terminal.step(4, "Its name")
    policy = subject.section.policy
    name = terminal.ask(
        "A name by which you know it later:",
        guide.key_name(subject.config, terms),
        lambda text: guide.will_do_as_name(text, policy, terms),
    )
    terminal.say(f"{terms.name_field}: {harmless(name)}")
    terminal.step(5, "What it may do")
    boxes = guide.boxes(subject.section.policy, terms)
    terminal.say(f"{terms.permissions_field}: tick {', '.join(boxes.tick)}.")
    if boxes.may:
        terminal.say(f"If the page offers {', '.join(boxes.may)}, it may be ticked.")
    if boxes.leave:
        terminal.say(f"Leave unticked: {', '.join(boxes.leave)}.")
    terminal.say(f"Never tick {', '.join(boxes.never)}: a key with it is refused.", style="bold")
    terminal.step(6, "Where it works from")
    network = _address(subject, terminal)
    terminal.say("Now finish it on the page, which shows the secret this one time.")
    return network


def _address(subject: Subject, terminal: Terminal) -> Network:
    def will_do(text: str) -> bool | str:
        try:
            guide.block(text)
        except ValueError as problem:
            return str(problem)
        return True

    while True:
        network = guide.block(
            terminal.ask("The bot's public, fixed address (or a block, or first-last):", check=will_do)
        )
        field, admits = subject.terms.address_field, count([network])
        terminal.say(f"{field}: {network}", f"It admits {admits:,} address{'' if admits == 1 else 'es'}.")
        # Only a policy that is written already can object; else one that fits is written.
        is_written = subject.written is not None
        objections = guide.objections(network, subject.section.policy, subject.terms) if is_written else []
        terminal.say(*objections, style="bold red")
        if not objections and (not guide.is_at_home(network) or terminal.confirm(_is_right(network))):
            return network


def _is_right(network: Network) -> str:
    return f"{network} exists in your own network only; the exchange sees your public address. Is it right like this?"


def _checked(
    subject: Subject, section: Mapping[str, Any], there: Credentials | None, terminal: Terminal
) -> tuple[Credentials, Verdict]:
    """Take id and secret and check them, until they are admitted or the person ends it."""
    terminal.step(7, "Id and secret")
    candidate = there or terminal.credentials()
    while True:
        verdict = subject.check(candidate, section)
        terminal.report(verdict)
        if verdict.admitted:
            return candidate, verdict
        ways = {_AGAIN: candidate, **({} if there else {_ANOTHER: None}), _END: ...}
        chosen = terminal.choose("Nothing was written. What now?", ways)
        if chosen is ...:
            return candidate, verdict
        candidate = chosen if isinstance(chosen, Credentials) else terminal.credentials()


def _changes(subject: Subject, section: Mapping[str, Any], files: list[ConfigFile]) -> list[Change]:
    """What the config needs so that the bot is guarded: the section, or a section that is switched on."""
    if subject.written is None:
        meaning = {**files[0].meaning(), SECTION: section}
        return [Change(files[0], files[0].text.with_member(SECTION, section), meaning)]
    if subject.section.enabled:
        return []
    changes = []
    for file in files:
        off = [place.span for place in file.text.at(SECTION, "enabled") if file.text.written(place) == "false"]
        if off:
            meaning = file.meaning()
            meaning[SECTION]["enabled"] = True
            changes.append(Change(file, file.text.replaced([(span, "true") for span in off]), meaning))
    if not changes:
        stop("guard-disabled", "A variable switches the guard off.", "Take FREQTRADE__API_KEY_GUARD__ENABLED away.")
    return changes


def _tell_how_to_start(subject: Subject, candidate: Credentials, terminal: Terminal) -> None:
    terminal.say(f"The bot is guarded, with the key {candidate.masked}.", style="bold green")
    terminal.say(
        f"Start it:   freqtrade trade {subject.arguments}",
        f"Check it:   freqtrade-bitmex-guard --check-only {subject.arguments}",
        f"A new key:  freqtrade-bitmex-guard credentials rotate {subject.arguments}",
    )
    if subject.config.get("dry_run", True) is True:
        terminal.say("dry_run is true: the bot trades nothing and reads no key until it is false.")
