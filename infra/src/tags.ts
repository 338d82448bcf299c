import { Tags } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import type { StageName } from './config.ts'

/** Activate both as cost allocation tags in the account's billing preferences: the budget filters by the second one. */
export const projectTag = 'spillway:project'
export const stageTag = 'spillway:stage'

export function tagStage(scope: IConstruct, stage: StageName): void {
  Tags.of(scope).add(projectTag, 'spillway')
  Tags.of(scope).add(stageTag, stage)
}
