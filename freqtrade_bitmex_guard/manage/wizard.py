"""The wizard of `setup`: step by step, and nothing is written before the key is admitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from freqtrade_bitmex_guard.client import exchange_client, settings
from freqtrade_bitmex_guard.config.edit import ConfigFile, FileEdit, find_line, staged_replacement
from freqtrade_bitmex_guard.config.files import environment_overrides
from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.places import where_written
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

_CHECK_AGAIN = "I changed the key: check it again"
_NEW_KEY = "enter the credentials again, or those of another key"
_STOP = "stop: nothing was written, and setup starts over when you run it again"


def run_wizard(files: Sequence[str], terminal: Terminal) -> int:
    """Lead a person from no key to a guarded bot.

    Args:
        files: the bot's config files.
        terminal: of that person.

    Returns:
        The exit code.

    Raises:
        GuardError: misconfigured, if it cannot be done; the config is unchanged then.
        KeyboardInterrupt: if the person interrupts; the config is unchanged then, too.
    """
    bot = BotContext.read(files)  # first: where the exchange is not supported, no terminal helps
    _require_terminal(terminal)
    config_files = _read_changeable_files(bot)
    terminal.print(
        f"From no key to a guarded bot on {bot.profile.title}, step by step. Nothing is written before the key was "
        "checked. Ctrl-C stops it at any time.",
        *([bot.profile.notice] if bot.profile.notice else []),
    )
    hosts = _choose_hosts(bot, terminal)
    store, stored = wizard_stores.choose_store(bot, terminal)
    network = _guide_steps(bot, terminal, is_made=stored is not None)
    if bot.state is GuardState.ABSENT:
        section = wizard_plan.build_section(network, store, hosts, bot.profile)
    else:
        section = dict(bot.section_source)
    section.pop("enabled", None)
    candidate, verdict = _check_until_admitted(bot, section, stored, terminal)
    if not verdict.admitted:
        return verdict.exit_code
    with staged_replacement(_config_edits(bot, section, config_files)) as replace:
        if stored is None:
            wizard_stores.store_credentials(bot, store, candidate, terminal)
            terminal.print(f"The key {candidate.masked_id} is stored.")
        replace()
    _print_next_steps(bot, candidate, terminal)
    return verdict.exit_code


def _require_terminal(terminal: Terminal) -> None:
    if not terminal.is_attended:
        fail(
            "usage",
            "setup asks questions and needs a terminal.",
            "Without one: `freqtrade-bitmex-guard credentials set -c CONFIG`, the section as in the README, then "
            "`freqtrade-bitmex-guard check -c CONFIG`.",
        )


def _read_changeable_files(bot: BotContext) -> list[ConfigFile]:
    """Read the config files, and fail on whatever would keep the last step from changing them."""
    _fail_on_plaintext(bot)
    _fail_on_variables()
    files = bot.config_files()
    with staged_replacement([FileEdit(file, file.document.text, file.parsed()) for file in files[:1]]):
        pass  # found now, and not after somebody made a key
    return files


def _fail_on_plaintext(bot: BotContext) -> None:
    for finding in settings.find_credentials(bot.config["exchange"], bot.profile, _places(bot)):
        fail(
            finding.name,
            finding.message,
            f"Do this first, then run setup again. {finding.fix.replace('-c CONFIG', bot.config_options)}",
        )


def _places(bot: BotContext) -> settings.Places:
    return partial(where_written, bot.config, find_line=find_line)


def _fail_on_variables() -> None:
    if SECTION in environment_overrides():
        fail(
            "section-invalid",
            f"Environment variables (FREQTRADE__{SECTION.upper()}__…) set a part of {SECTION} and override the file "
            "that setup writes: the bot might use something else than what was checked.",
            "Unset the variables, or write the whole section by hand and run --check-only.",
        )


def _choose_hosts(bot: BotContext, terminal: Terminal) -> list[str]:
    """Return the hosts that requests may go to: the exchange's own, and those that the person calls theirs."""
    profile, exchange = bot.profile, bot.config["exchange"]
    allowed = list(bot.section.allowed_hosts)
    if bot.state is GuardState.ABSENT:
        hosts = exchange_client.request_hosts(exchange, profile)
        accepted = [host for host in hosts if host in allowed or terminal.confirm(_host_question(host, profile))]
        allowed = accepted if set(accepted) - set(allowed) else allowed
    exchange_client.build_client(exchange, profile, allowed)  # fails on whatever else is wrong with the connection
    return allowed


def _host_question(host: str, profile: ExchangeProfile) -> str:
    return f"The config sends signed requests to {sanitize(host)}, not to {profile.title}. Is that host yours?"


def _guide_steps(bot: BotContext, terminal: Terminal, *, is_made: bool) -> Network | None:
    """Go through the steps up to the allowed IPs; for a key that exists, only through that one.

    Returns:
        The allowed IPs, or None if the exchange cannot limit a key to addresses.
    """
    page = bot.profile.page
    wanted = "address and credentials" if page.ip_field else "credentials"
    choices = {"no: go through all steps": False, f"yes: enter its {wanted}": True}
    if is_made or terminal.choose("Is there a key for this bot already?", choices):
        return _ask_network(bot, terminal)
    if page.two_factor:
        terminal.step("Two-factor authentication")
        terminal.print(f"{page.two_factor} Without it, anybody who has your password can make keys.")
        while not terminal.confirm("Is it switched on for your account?"):
            terminal.print("Switch it on first; setup waits.")
    terminal.step("The page")
    terminal.print(f"Log in, and open {page.location}.")
    terminal.step("A new key")
    terminal.print(f"{page.create} One key for each bot, shared with nothing else.")
    terminal.step("Its name")
    terminal.print(f"{page.name_field}: {sanitize(_ask_key_name(bot, terminal))}")
    if page.permissions_field:
        terminal.step("Permissions")
        _print_permissions(bot, terminal)
    if page.ip_field:
        terminal.step("Allowed IPs")
    network = _ask_network(bot, terminal)
    terminal.print("Now finish it on the page. The page shows the secret only this once.")
    return network


def _ask_key_name(bot: BotContext, terminal: Terminal) -> str:
    policy, profile = bot.section.policy, bot.profile
    return terminal.ask(
        "A name by which you recognise it later:",
        wizard_plan.suggest_key_name(bot.config, profile),
        lambda text: wizard_plan.name_objection(text, policy, profile),
    )


def _print_permissions(bot: BotContext, terminal: Terminal) -> None:
    if not bot.profile.permissions:  # it has no way to report them
        terminal.print("Tick what reads and trades. Never tick what withdraws or transfers.", style="bold")
        return
    checklist = wizard_plan.permission_checklist(bot.section.policy, bot.profile)
    terminal.print(f"{bot.profile.page.permissions_field}: tick {', '.join(checklist.required)}.")
    if checklist.optional:
        terminal.print(f"You may tick {', '.join(checklist.optional)}, if the page offers it.")
    if checklist.unneeded:
        terminal.print(f"Leave unticked: {', '.join(checklist.unneeded)}.")
    terminal.print(f"Never tick {', '.join(checklist.forbidden)}: a key with it is refused.", style="bold")


def _ask_network(bot: BotContext, terminal: Terminal) -> Network | None:
    """Ask to what the key is restricted, and return None on an exchange that cannot restrict one."""
    if not bot.profile.page.ip_field:
        terminal.print(f"{bot.profile.title} cannot limit a key to addresses: a stolen key works from any machine.")
        return None
    terminal.print(
        "It is the address that the exchange sees. The provider's panel shows a server's; on the machine that the bot "
        "runs on, this does, too:",
        "    curl https://icanhazip.com",
        "Behind a proxy it is the proxy's.",
    )
    while True:
        network = wizard_plan.parse_network_input(
            terminal.ask("The bot's public, fixed address (or a block, or first-last):", check=_network_objection)
        )
        count = count_addresses([network])
        terminal.print(
            f"{bot.profile.page.ip_field}: {network}", f"It admits {count:,} address{'' if count == 1 else 'es'}."
        )
        # Only a policy that is written already can object; otherwise one is written that fits.
        is_written = bot.state is not GuardState.ABSENT
        objections = wizard_plan.network_objections(network, bot.section.policy, bot.profile) if is_written else []
        terminal.print(*objections, style="bold red")
        if not objections and (
            not wizard_plan.is_private(network) or terminal.confirm(_private_network_question(network))
        ):
            return network


def _network_objection(text: str) -> bool | str:
    try:
        wizard_plan.parse_network_input(text)
    except ValueError as problem:
        return str(problem)
    return True


def _private_network_question(network: Network) -> str:
    return f"{network} is private, and the exchange sees your public address. Use it like this?"


def _check_until_admitted(
    bot: BotContext, section: Mapping[str, Any], stored: Credentials | None, terminal: Terminal
) -> tuple[Credentials, Verdict]:
    """Ask for credentials and check them, until they are admitted or the person stops."""
    terminal.step("Credentials")
    candidate = stored or terminal.credentials(bot.profile)
    while True:
        verdict = check_candidate(bot, candidate, section)
        terminal.report(verdict)
        if verdict.admitted:
            return candidate, verdict
        choices = {_CHECK_AGAIN: candidate, **({} if stored else {_NEW_KEY: None}), _STOP: ...}
        choice = terminal.choose("Nothing was written. What now?", choices)
        if choice is ...:
            return candidate, verdict
        candidate = choice if isinstance(choice, Credentials) else terminal.credentials(bot.profile)


def _config_edits(bot: BotContext, section: Mapping[str, Any], files: list[ConfigFile]) -> list[FileEdit]:
    """Return the edits after which the config guards the bot: the section added, or its `enabled` set to true."""
    if bot.state is GuardState.ABSENT:
        expected = {**files[0].parsed(), SECTION: section}
        return [FileEdit(files[0], files[0].document.append_member(SECTION, section), expected)]
    if bot.state is GuardState.ENABLED:
        return []
    edits = []
    for file in files:
        nodes = file.document.at(SECTION, "enabled")
        spans = [node.span for node in nodes if file.document.source(node) == "false"]
        if spans:
            expected = file.parsed()
            expected[SECTION]["enabled"] = True
            edits.append(FileEdit(file, file.document.replace_spans([(span, "true") for span in spans]), expected))
    if not edits:
        fail("guard-disabled", "A variable disables the guard.", "Unset FREQTRADE__API_KEY_GUARD__ENABLED.")
    return edits


def _print_next_steps(bot: BotContext, candidate: Credentials, terminal: Terminal) -> None:
    terminal.print(f"The bot is guarded, with the key {candidate.masked_id}.", style="bold green")
    terminal.print(
        f"Start it:   freqtrade trade {bot.config_options}",
        f"Check it:   freqtrade-bitmex-guard --check-only {bot.config_options}",
        f"A new key:  freqtrade-bitmex-guard credentials rotate {bot.config_options}",
    )
    if bot.config.get("dry_run", True) is True:
        terminal.print("dry_run is true: the bot does not trade and reads no key until it is false.")
