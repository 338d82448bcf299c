import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { inject } from 'vitest'
import type { StageName } from '../../src/config.ts'

export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

export type StackName = 'network' | 'data' | 'origin'

export const readTemplate = (stage: StageName, stack: StackName): Template =>
  Template.fromJSON(
    JSON.parse(readFileSync(join(inject('templates'), `spillway-${stage}-${stack}.template.json`), 'utf8')),
  )

export const resourcesOf = (template: Template, type: string): readonly Resource[] =>
  Object.values(template.findResources(type)) as unknown as readonly Resource[]
