import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Application, ApplicationTools } from '@spillway/origin/contract'
import { applicationFiles, type WhichApplication } from './application-files.ts'
import { root } from './folders.ts'

/** Loads an application's definition and its tools. */
export async function loadApplication(
  which: WhichApplication,
): Promise<{ readonly application: Application; readonly tools: ApplicationTools }> {
  const { definition, tools } = applicationFiles(which)
  // The types are safe: each application's own sources are type-checked.
  const { application }: { application: Application } = await load(definition)
  if (tools === undefined) return { application, tools: {} }
  const own: { tools: ApplicationTools } = await load(tools)
  return { application, tools: own.tools }
}

const load = (file: string) => import(pathToFileURL(join(root, file)).href)
