import { type AutoScalingGroup, DefaultResult, LifecycleTransition } from 'aws-cdk-lib/aws-autoscaling'
import { cfnGroup } from './cfn-group.ts'

export const launchHook = 'spillway-ready'
export const terminateHook = 'spillway-drained'

/** Time that a group waits for "drained" before it terminates the instance, in seconds. */
export const terminateHookSeconds = 90

/**
 * Hooks that `lifecycle.sh` completes: an instance is in service once it is ready, and ends once it has drained. They are
 * part of the group itself, so that they exist before its first instance.
 */
export function waitForInstances(group: AutoScalingGroup): void {
  cfnGroup(group).lifecycleHookSpecificationList = [
    {
      lifecycleHookName: launchHook,
      lifecycleTransition: LifecycleTransition.INSTANCE_LAUNCHING,
      heartbeatTimeout: 300,
      // Terminates an instance that never becomes ready instead of sending it requests.
      defaultResult: DefaultResult.ABANDON,
    },
    {
      lifecycleHookName: terminateHook,
      lifecycleTransition: LifecycleTransition.INSTANCE_TERMINATING,
      heartbeatTimeout: terminateHookSeconds,
      defaultResult: DefaultResult.CONTINUE,
    },
  ]
}
