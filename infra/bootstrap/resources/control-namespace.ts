import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../runbook/runbook.ts'
import { controlBinding } from '../../src/check/edge-drift.ts'
import type { Resource, Setup } from '../resource.ts'

const fact = 'id of the control namespace'
const present = ({ edge }: Setup): string =>
  edge().kvNamespaces.find(({ binding }) => binding === controlBinding)?.id ?? ''

/** KV of the emergency switch and the revocations. One that the Worker's configuration names is taken as it is. */
export const controlNamespace: Resource = {
  name: 'KV namespace of the switch',
  wanted: () => ({}),
  read: async (setup) => {
    const { run } = setup
    const path = run.cloudflare.account('/storage/kv/namespaces?per_page=1000')
    // The cast: Cloudflare's API documents it.
    const all = (await run.cloudflare.get(path)) as { id: string; title: string }[]
    const found =
      all.find(({ id }) => id === present(setup)) ?? all.find(({ title }) => title === titleOf(setup))
    if (found === undefined) return undefined
    run.set(fact, found.id)
    return {}
  },
  make: (setup) => {
    const { cloudflare } = setup.run
    return [
      cloudflare.change('POST', cloudflare.account('/storage/kv/namespaces'), { title: titleOf(setup) }),
    ]
  },
}

const titleOf = ({ run }: Setup) => `spillway-${run.stage}-control`

/** Its id in `edge/wrangler.jsonc`: the one change of a file. Commit it. */
export const controlBindingId: Resource = {
  name: 'id of the KV namespace in edge/wrangler.jsonc',
  wanted: ({ run }) => ({ id: run.fact(fact) }),
  read: async (setup) => ({ id: present(setup) }),
  make: (setup, { id }) => {
    const file = join(setup.run.root, 'edge', 'wrangler.jsonc')
    const [from, to] = [`"id": "${present(setup)}"`, `"id": "${id}"`]
    return [
      {
        kind: 'file',
        operation: `change ${file}`,
        typed: `sed -i 's/${from}/${to}/' edge/wrangler.jsonc`,
        send: async () => {
          const text = await readFile(file, 'utf8')
          if (text.split(from).length !== 2)
            throw new Refusal(`${from} must occur exactly once: insert ${to} by hand`)
          await writeFile(file, text.replace(from, to))
        },
      },
    ]
  },
}
