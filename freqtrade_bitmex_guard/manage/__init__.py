"""Looking after the secret: `freqtrade-bitmex-guard credentials set|show|delete|migrate|rotate`."""
