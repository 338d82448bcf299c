import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { call } from '../../runbook/command.ts'
import { readParameter } from '../../runbook/parameters.ts'
import type { Resource, Setup } from '../resource.ts'

/** A text in Parameter Store. */
export const parameter = (
  name: (stage: string) => string,
  value: (setup: Setup) => string | Promise<string>,
): Resource => ({
  name: `parameter ${name('STAGE')}`,
  wanted: async (setup) => ({ value: await value(setup) }),
  read: async ({ run }) => {
    const found = await readParameter(run, name(run.stage))
    return found === undefined ? undefined : { value: found }
  },
  make: ({ run }, { value: Value }) => [
    call(
      run.aws.ssm,
      new PutParameterCommand({
        Name: name(run.stage),
        Value: String(Value),
        Type: 'String',
        Overwrite: true,
      }),
    ),
  ],
})
