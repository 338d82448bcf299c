import * as secrets from '@aws-sdk/client-secrets-manager'
import * as ssm from '@aws-sdk/client-ssm'
import { Fault, type Fields } from './protocol.ts'
import type { Service } from './server.ts'
import { account, region, type StackTemplate } from './template.ts'

/** Secrets Manager, with the secrets of the templates; each holds a random text until it is put. */
export class Secrets {
  readonly values = new Map<string, string>()
  readonly rotations: string[] = []

  /** Makes the secrets of a stack. */
  deployed(template: StackTemplate): void {
    for (const [, { Name }] of template.ofType('AWS::SecretsManager::Secret')) {
      if (!this.values.has(String(Name))) this.values.set(String(Name), 'jT5)random')
    }
  }

  #known(id: unknown): string {
    const name = String(id)
    if (!this.values.has(name))
      throw new Fault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return name
  }

  get service(): Service {
    const own =
      (action: string) =>
      ({ SecretId }: Fields) => [
        {
          action: `secretsmanager:${action}`,
          resource: `arn:aws:secretsmanager:${region}:${account}:secret:${SecretId}-AbCdEf`,
        },
      ]
    return {
      protocol: 'json',
      client: secrets,
      operations: {
        GetSecretValue: {
          wants: own('GetSecretValue'),
          answer: ({ SecretId }) => ({
            Name: SecretId,
            SecretString: this.values.get(this.#known(SecretId)),
          }),
        },
        PutSecretValue: {
          wants: own('PutSecretValue'),
          answer: ({ SecretId, SecretString }) => {
            if (SecretString === '')
              throw new Fault('InvalidParameterException', 'SecretString must not be empty')
            this.values.set(this.#known(SecretId), String(SecretString))
            return { Name: SecretId }
          },
        },
        CreateSecret: {
          wants: ({ Name }) => own('CreateSecret')({ SecretId: Name }),
          answer: ({ Name, SecretString }) => {
            if (this.values.has(String(Name)))
              throw new Fault(
                'ResourceExistsException',
                `The operation failed because ${Name} already exists.`,
              )
            this.values.set(String(Name), String(SecretString))
            return { Name }
          },
        },
        RotateSecret: {
          wants: own('RotateSecret'),
          answer: ({ SecretId }) => {
            this.rotations.push(this.#known(SecretId))
            return { Name: SecretId }
          },
        },
        DescribeSecret: {
          wants: own('DescribeSecret'),
          answer: ({ SecretId }) => ({
            Name: this.#known(SecretId),
            ...(this.rotations.includes(String(SecretId)) && { LastRotatedDate: new Date() }),
          }),
        },
      },
    }
  }
}

/** A command that Systems Manager has run on instances. */
export interface SentCommand {
  readonly id: string
  readonly input: Fields
  /** Instances of it, all of which have succeeded. */
  readonly targets: readonly string[]
}

/** Systems Manager: parameters, and commands on the instances that the tags name. */
export class SystemsManager {
  readonly parameters = new Map<string, string>()
  readonly sent: SentCommand[] = []
  /** Output of the commands that are sent, by their text. */
  prints: (commands: readonly string[]) => string = () => 'active (running)'
  /** Harm that the real service would let happen. */
  readonly harm: string[] = []
  readonly #instancesOf: (group: string) => readonly string[]

  constructor(instancesOf: (group: string) => readonly string[]) {
    this.#instancesOf = instancesOf
  }

  get service(): Service {
    return {
      protocol: 'json',
      client: ssm,
      operations: {
        GetParameter: {
          wants: ({ Name }) => [{ action: 'ssm:GetParameter', resource: parameterArn(Name) }],
          answer: ({ Name }) => {
            const Value = this.parameters.get(String(Name))
            if (Value === undefined) throw new Fault('ParameterNotFound', `${Name}`)
            return { Parameter: { Name, Value } }
          },
        },
        PutParameter: {
          wants: ({ Name }) => [{ action: 'ssm:PutParameter', resource: parameterArn(Name) }],
          answer: ({ Name, Value, Overwrite, Type }) => {
            const name = String(Name)
            if (this.parameters.has(name) && Overwrite !== true)
              throw new Fault('ParameterAlreadyExists', name)
            if (!this.parameters.has(name) && Type === undefined)
              throw new Fault('ValidationException', 'A parameter type is required')
            if (String(Value).length > 4_096)
              throw new Fault('ValidationException', 'Standard tier parameters hold 4096 characters')
            this.parameters.set(name, String(Value))
            return { Version: 1 }
          },
        },
        SendCommand: {
          wants: ({ DocumentName }) => [
            { action: 'ssm:SendCommand', resource: `arn:aws:ssm:${region}::document/${DocumentName}` },
            {
              action: 'ssm:SendCommand',
              resource: `arn:aws:ec2:${region}:${account}:instance/*`,
              context: { 'ssm:resourceTag/spillway:project': 'spillway' },
            },
          ],
          answer: (input) => {
            const id = `command-${this.sent.length + 1}`
            if (input.InstanceIds !== undefined) {
              this.sent.push({ id, input, targets: input.InstanceIds as string[] })
              return { Command: { CommandId: id, TargetCount: 1, Status: 'Pending' } }
            }
            const [
              {
                Key,
                Values: [group = ''],
              } = { Key: '', Values: [] },
            ] = input.Targets as { Key: string; Values: string[] }[]
            const targets = Key === 'tag:aws:autoscaling:groupName' ? this.#instancesOf(group) : []
            // "Using concurrency and error thresholds": 50 at once, if nothing else is said.
            if (Number(input.MaxConcurrency ?? 50) >= targets.length)
              this.harm.push(`all of ${group} stop at once`)
            this.sent.push({ id, input, targets })
            return { Command: { CommandId: id, TargetCount: targets.length, Status: 'Pending' } }
          },
        },
        // The document of a plain shell is the account's own; the others are AWS's.
        StartSession: {
          wants: ({ DocumentName }) => [
            {
              action: 'ssm:StartSession',
              resource: `arn:aws:ec2:${region}:${account}:instance/*`,
              context: { 'ssm:resourceTag/spillway:project': 'spillway' },
            },
            {
              action: 'ssm:StartSession',
              resource:
                DocumentName === undefined
                  ? `arn:aws:ssm:${region}:${account}:document/SSM-SessionManagerRunShell`
                  : `arn:aws:ssm:${region}::document/${DocumentName}`,
            },
          ],
          answer: () => ({ SessionId: 'session-1', TokenValue: 'token', StreamUrl: 'wss://loopback' }),
        },
        GetCommandInvocation: {
          wants: () => [{ action: 'ssm:GetCommandInvocation', resource: '*' }],
          answer: ({ CommandId, InstanceId }) => {
            const sent = this.sent.find(
              ({ id, targets }) => id === CommandId && targets.includes(String(InstanceId)),
            )
            if (sent === undefined) throw new Fault('InvocationDoesNotExist', `${CommandId} on ${InstanceId}`)
            const { commands = [] } = (sent.input.Parameters ?? {}) as { commands?: string[] }
            const StandardOutputContent = this.prints(commands)
            return { CommandId, InstanceId, Status: 'Success', StandardOutputContent }
          },
        },
        ListCommands: {
          wants: () => [{ action: 'ssm:ListCommands', resource: '*' }],
          answer: ({ CommandId }) => ({
            Commands: this.sent
              .filter(({ id }) => id === CommandId)
              .map(({ id, targets }) => ({
                ...{ CommandId: id, Status: 'Success', TargetCount: targets.length },
                ...{ CompletedCount: targets.length, ErrorCount: 0 },
              })),
          }),
        },
      },
    }
  }
}

const parameterArn = (name: unknown): string => `arn:aws:ssm:${region}:${account}:parameter${name}`
