import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { call } from '../runbook/command.ts'
import { noRefresh } from '../runbook/groups.ts'
import { readParameter } from '../runbook/parameters.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { deployRelease, releaseOf, unsettled } from '../runbook/stacks.ts'

const parameter = (run: Run) => `/spillway/${run.stage}/origin-certificate-arn`

const put = (run: Run, arn: string) =>
  call(
    run.aws.ssm,
    new PutParameterCommand({ Name: parameter(run), Type: 'String', Overwrite: true, Value: arn }),
  )

export const replaceCertificate: Runbook = {
  name: 'replace-certificate',
  when: "The balancer's certificate ends soon and does not renew itself, or its name changes.",
  about:
    'ACM renews a certificate by itself while its validation record is in DNS: look there first, and this runbook is not needed. Otherwise request a new one in ACM for the same name, and wait until it is issued.',
  inputs: {
    arn: {
      says: 'ARN of an issued certificate of this region',
      pattern: /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    },
  },
  look: async (run) => {
    run.set('former certificate', (await readParameter(run, parameter(run))) ?? '')
    run.set('release', await releaseOf(run))
  },
  steps: [
    {
      say: 'Name the certificate in the parameter that the stack reads',
      precondition: {
        say: 'it is of this region, as the balancer needs it',
        missing: async (run) =>
          run.input('arn').includes(`:acm:${run.region}:`) ? undefined : `this is ${run.region}`,
      },
      commands: async (run) =>
        (await readParameter(run, parameter(run))) === run.input('arn') ? [] : [put(run, run.input('arn'))],
      check: {
        say: 'the parameter reads back',
        missing: async (run) =>
          (await readParameter(run, parameter(run))) === run.input('arn')
            ? undefined
            : 'it has another value',
      },
      undo: (run) =>
        run.fact('former certificate') === ''
          ? 'nothing: there was none'
          : [put(run, run.fact('former certificate'))],
    },
    {
      say: 'Deploy the stack of the origins again, with the release that runs',
      precondition: noRefresh(0),
      commands: (run) => [deployRelease(run, run.fact('release'))],
      check: { say: 'the stack is complete', missing: (run) => unsettled(run, 'origin') },
      undo: () => 'take back the step before, and deploy again',
    },
  ],
  after:
    'Users and Way in do not change. The old certificate can be deleted when the balancer does not use it any more.',
}
