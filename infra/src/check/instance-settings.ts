import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StageName } from '../config.ts'

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>
}
interface LaunchTemplate {
  readonly LaunchTemplateData: { readonly UserData: { readonly 'Fn::Base64': UserData } }
}
type UserData = string | { readonly 'Fn::Join': readonly [string, readonly unknown[]] }

/** User data of the origin's instances in the synthesized template of a folder; references become `…`. */
export function originUserData(folder: string, stage: StageName): string {
  const file = join(folder, `spillway-${stage}-origin.template.json`)
  // The casts are safe: CloudFormation defines the form of a template and of this resource.
  const { Resources } = JSON.parse(readFileSync(file, 'utf8')) as Template
  const texts = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::EC2::LaunchTemplate')
    .map(({ Properties }) => plain((Properties as LaunchTemplate).LaunchTemplateData.UserData['Fn::Base64']))
  const text = texts.find((each) => each.includes('RELEASES_BUCKET='))
  if (text === undefined) throw new Error(`${file} has no launch template of the fleet`)
  return text
}

/** Settings that an origin instance writes to `/etc/spillway/instance.env`. */
export function instanceSettings(folder: string, stage: StageName): ReadonlyMap<string, string> {
  const block = /<<'SETTINGS'\n([\s\S]*?)\nSETTINGS/.exec(originUserData(folder, stage))?.[1] ?? ''
  // The cast is safe: every line has a name and a value.
  return new Map(block.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]))
}

const plain = (data: UserData): string =>
  typeof data === 'string'
    ? data
    : data['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : '…')).join('')
