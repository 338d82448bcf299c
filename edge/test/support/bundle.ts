import { readFile } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { bundleEdge } from '../../dev/edge-bundle.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The Worker as it would be deployed, with the application of these tests: one ES module. */
    workerScript: string
  }
}

/** Bundles the Worker before the first run, and again before each run of watch mode that finds other sources. */
export default async function setup(project: TestProject): Promise<void> {
  const bundle = async () => {
    const { scriptFile } = await bundleEdge('fixture')
    project.provide('workerScript', await readFile(scriptFile, 'utf8'))
  }
  await bundle()
  project.onTestsRerun(bundle)
}
