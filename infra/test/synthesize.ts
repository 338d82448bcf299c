import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { spillwayApp } from '../src/spillway-app.ts'
import { stages } from '../src/stages.ts'
import { withoutCdkChecks } from './support/without-cdk-checks.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with the templates of every stage, synthesized once for all tests. */
    readonly templates: string
  }
}

export default function synthesize(project: TestProject): () => void {
  const outdir = mkdtempSync(join(tmpdir(), 'spillway-templates-'))
  const remove = () => rmSync(outdir, { recursive: true, force: true })
  try {
    spillwayApp(Object.values(stages), { outdir, ...withoutCdkChecks }).synth()
  } catch (error) {
    remove()
    throw error
  }
  project.provide('templates', outdir)
  return remove
}
