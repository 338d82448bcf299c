#!/usr/bin/env bash
# Reports to the Auto Scaling group: "ready" when READY_URL succeeds, "drained" when SERVICE has stopped, "unhealthy"
# when LIVE_URL has failed SILENCES_MAX times in a row. Readiness alone never condemns an origin: during a database
# failover every one is unready, and a group that replaced them all would turn an outage of half a minute into one of
# ten. The group's target state is read from the instance metadata (autoscaling/target-lifecycle-state), so neither a
# queue nor a function stands between the decision and the drain. Runs from boot until the instance is terminated.
set -euo pipefail
metadata=${METADATA_URL:-http://169.254.169.254/latest}
poll_seconds=${POLL_SECONDS:-2}
silences_max=${SILENCES_MAX:-30}
answers_max=${ANSWERS_MAX:-30}

token() {
  curl -fsS -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token"
}

read_metadata() {
  curl -fsS -m 2 -H "X-aws-ec2-metadata-token: $(token)" "$metadata/meta-data/$1"
}

# Skips certificate verification: the origin signed it itself, and the connection stays on this machine.
answers() {
  curl -fsSk -m 2 -o /dev/null "$1"
}

complete() {
  aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP_NAME" --instance-id "$instance_id" \
    --lifecycle-hook-name "$1" --lifecycle-action-result CONTINUE
}

# CloudFormation waits for these signals when it creates the group, and refuses them at any other time.
signal_created() {
  [[ -z ${STACK_NAME:-} || $1 != InService ]] || aws cloudformation signal-resource --stack-name "$STACK_NAME" \
    --logical-resource-id "$GROUP_RESOURCE" --unique-id "$instance_id" --status SUCCESS || true
}

instance_id=$(read_metadata instance-id)
answered=''
answers=0
silences=0
while true; do
  wish=$(read_metadata autoscaling/target-lifecycle-state || echo unknown)
  case $wish in
    Terminated | Warmed:Terminated)
      # The target state may arrive before every node of the balancer stops sending. While the balancer drains the
      # target, the origin still serves requests instead of refusing them.
      [[ $wish == Warmed:* ]] || sleep "$LEAVE_SECONDS"
      systemctl stop "$SERVICE"
      # The hook opens after the balancer's drain. Until then, and while the group is unreachable, the call is retried.
      # A hook that someone else completed stays closed; then the retries run out.
      until complete "$TERMINATE_HOOK" || ((++answers >= answers_max)); do sleep "$poll_seconds"; done
      exit 0
      ;;
    InService | Warmed:*)
      # Completes one hook per target state: entering the warm pool and leaving it have separate hooks. An instance can
      # be ready before its hook opens, and a lost completion would terminate it, so the call is retried. Retries end
      # after a minute, since after a restart of this script the hook is long closed.
      if [[ $wish != "$answered" ]] && answers "$READY_URL"; then
        if complete "$LAUNCH_HOOK" || ((++answers >= answers_max)); then
          answered=$wish
          answers=0
          signal_created "$wish"
        fi
      fi
      if [[ -z $answered ]] || answers "$LIVE_URL"; then
        silences=0
      elif ((++silences == silences_max)); then
        aws autoscaling set-instance-health --instance-id "$instance_id" --health-status Unhealthy || silences=0
      fi
      ;;
  esac
  sleep "$poll_seconds"
done
