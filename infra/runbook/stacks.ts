import {
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation'
import { type Command, program } from './command.ts'
import type { Run } from './run.ts'

/** A stack of the stage; undefined before its first deployment. */
export async function stackOf(run: Run, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks = [] } = await run.aws.cloudformation.send(
      new DescribeStacksCommand({ StackName: `spillway-${run.stage}-${name}` }),
    )
    return Stacks[0]
  } catch (error) {
    if (error instanceof CloudFormationServiceException && error.message.includes('does not exist'))
      return undefined
    throw error
  }
}

/** The release that the origins run: it starts with its commit. Empty before the first one. */
export async function releaseOf(run: Run): Promise<string> {
  const stack = await stackOf(run, 'origin')
  return stack?.Parameters?.find(({ ParameterKey }) => ParameterKey === 'Release')?.ParameterValue ?? ''
}

/** State of a stack that is not the end of a deployment, in words. */
export async function unsettled(run: Run, name: string): Promise<string | undefined> {
  const status = (await stackOf(run, name))?.StackStatus
  return status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE'
    ? undefined
    : `${name} is ${status ?? 'not there'}`
}

/**
 * Deploys stacks by name alone: without `--exclusively` the stacks before them are deployed as well, with the same
 * parameters, which they do not have (aws/aws-cdk#12759). Nobody is asked for approval, since the CDK refuses to ask
 * without a terminal.
 */
const cdkDeploy = (run: Run, stacks: readonly string[], parameters: readonly string[] = []): Command => {
  const names = stacks.map((name) => `spillway-${run.stage}-${name}`)
  return program(['cdk', 'deploy', '--exclusively', ...names, ...parameters, '--require-approval', 'never'], {
    folder: 'infra',
  })
}

export const deployData = (run: Run): Command => cdkDeploy(run, ['network', 'data'])

export const deployRelease = (run: Run, release: string): Command =>
  cdkDeploy(run, ['origin'], ['--parameters', `Release=${release}`])
