import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fields } from './protocol.ts'

export const account = '111122223333'
export const region = 'us-east-1'

export interface TemplateResource {
  readonly Type: string
  readonly Properties: Fields
  /** Update policy of a group, as much as a deployment needs. */
  readonly UpdatePolicy?: {
    readonly AutoScalingInstanceRefresh?: {
      readonly Preferences?: {
        readonly CheckpointPercentages?: readonly number[]
        readonly AlarmSpecification?: object
      }
    }
  }
}

/** A synthesized template, with its references resolved as CloudFormation would in the fake account. */
export class StackTemplate {
  readonly name: string
  readonly resources: Readonly<Record<string, TemplateResource>>
  readonly #outputs: Readonly<Record<string, { readonly Value: unknown }>>
  readonly parameters: Fields

  constructor(name: string, text: string) {
    const { Resources, Outputs = {}, Parameters = {} } = JSON.parse(text)
    this.name = name
    this.resources = Resources
    this.#outputs = Outputs
    this.parameters = Parameters
  }

  static read(folder: string, name: string): StackTemplate {
    return new StackTemplate(name, readFileSync(join(folder, `${name}.template.json`), 'utf8'))
  }

  get outputs(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.#outputs).map(([name, { Value }]) => [name, String(this.resolve(Value))]),
    )
  }

  /** Resources of a type by logical id. Resolved when they are read. */
  ofType(type: string): readonly (readonly [string, Fields])[] {
    return Object.entries(this.resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => [id, this.resolve(Properties) as Fields])
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item))
    if (typeof value !== 'object' || value === null) return value
    const [[name, argument] = ['', undefined], ...more] = Object.entries(value)
    if (more.length === 0 && name === 'Ref') return this.#reference(argument)
    if (more.length === 0 && name === 'Fn::GetAtt') return this.#attribute(argument)
    if (more.length === 0 && name === 'Fn::Join') {
      const [separator, parts] = argument
      return parts.map((part: unknown) => this.resolve(part)).join(separator)
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item)]))
  }

  #reference(id: string): string {
    const pseudo: Record<string, string> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': 'aws',
      'AWS::StackName': this.name,
      'AWS::URLSuffix': 'amazonaws.com',
    }
    return pseudo[id] ?? `${this.name}-${id}`
  }

  #attribute([id, attribute]: [string, string]): string {
    if (attribute === 'LatestVersionNumber') return '7'
    if (this.resources[id]?.Type === 'AWS::IAM::Role')
      return `arn:aws:iam::${account}:role/${this.name}-${id}`
    return `${this.name}-${id}.${attribute}`
  }
}
