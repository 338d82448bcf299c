import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm'
import type { Run } from './run.ts'

/** @returns undefined when there is no such parameter */
export async function readParameter(run: Run, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await run.aws.ssm.send(new GetParameterCommand({ Name: name }))
    return Parameter?.Value
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined
    throw error
  }
}
