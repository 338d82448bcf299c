#!/usr/bin/env bash
# Fetches the tunnel's token at each start of cloudflared, so that a new token needs only a restart.
set -euo pipefail
umask 077
aws secretsmanager get-secret-value --secret-id "$TUNNEL_SECRET" --query SecretString --output text \
  > "$RUNTIME_DIRECTORY/token"
chown cloudflared "$RUNTIME_DIRECTORY/token"
