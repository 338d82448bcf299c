#!/usr/bin/env bash
# Answers the Auto Scaling group: "ready" once /readyz says so, "drained" once the origin has stopped, "unhealthy" when
# /livez has been silent for a minute. Readiness alone never condemns an instance: when the database fails over, every
# origin is unready, and a group that replaced them all would make an outage of half a minute one of ten.
# The group's wish is read from the instance metadata (autoscaling/target-lifecycle-state), so that neither a queue
# nor a function stands between the decision and the drain. Runs from boot until the instance goes.
set -euo pipefail
metadata=${METADATA_URL:-http://169.254.169.254/latest}
poll_seconds=${POLL_SECONDS:-2}
silences_max=${SILENCES_MAX:-30}

token() {
  curl -fsS -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token"
}

read_metadata() {
  curl -fsS -m 2 -H "X-aws-ec2-metadata-token: $(token)" "$metadata/meta-data/$1"
}

complete() {
  # A hook that is no longer open (someone else answered, or it timed out) is no reason to stop watching.
  aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP_NAME" --instance-id "$instance_id" \
    --lifecycle-hook-name "$1" --lifecycle-action-result CONTINUE || true
}

instance_id=$(read_metadata instance-id)
answered=''
silences=0
while true; do
  wish=$(read_metadata autoscaling/target-lifecycle-state || echo unknown)
  case $wish in
    Terminated | Warmed:Terminated)
      systemctl stop spillway-origin.service
      complete "$TERMINATE_HOOK"
      exit 0
      ;;
    InService | Warmed:*)
      # Once for each wish: entering the warm pool and leaving it are two hooks.
      if [[ $wish != "$answered" ]] && curl -fsS -m 2 -o /dev/null "$READY_URL"; then
        complete "$LAUNCH_HOOK"
        answered=$wish
      fi
      if [[ -z $answered ]] || curl -fsS -m 2 -o /dev/null "$LIVE_URL"; then
        silences=0
      elif ((++silences == silences_max)); then
        aws autoscaling set-instance-health --instance-id "$instance_id" --health-status Unhealthy || silences=0
      fi
      ;;
  esac
  sleep "$poll_seconds"
done
