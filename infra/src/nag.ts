import { Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Accepts one cdk-nag finding below `scope`, with a reason for reviewers. */
export function accept(scope: IConstruct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason })
}

/** Accepts a wildcard in one resource of the policies below `scope` (AwsSolutions-IAM5). */
export function acceptWildcard(scope: IConstruct, resource: string, reason: string): void {
  accept(scope, `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(resource))}]`, reason)
}

/**
 * A resource in cdk-nag's notation: references in angle brackets, everything else unchanged. The casts are safe:
 * CloudFormation defines the argument of each intrinsic function.
 */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value
  const [intrinsic, argument] = Object.entries(value as Record<string, unknown>)[0] ?? []
  if (intrinsic === 'Ref') return `<${argument}>`
  if (intrinsic === 'Fn::GetAtt') return `<${(argument as readonly string[]).join('.')}>`
  if (intrinsic === 'Fn::Join') return (argument as [string, unknown[]])[1].map(flatten).join('')
  throw new Error(`cannot name a resource with ${intrinsic}`)
}
