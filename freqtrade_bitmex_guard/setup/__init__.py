"""From no key to a guarded bot: `freqtrade-bitmex-guard setup`."""
