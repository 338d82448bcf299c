/**
 * Program: `npm run guides [-- --out FOLDER] [--port 8790]` builds the site of guides and serves it on this machine until
 * Ctrl-C; with `--out` it only builds, into that folder.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { localFolder } from '@spillway/origin/dev/folders'
import { buildSite } from './site/build.ts'
import { serveSite } from './site/serve.ts'

const { values } = parseArgs({
  options: { out: { type: 'string' }, port: { type: 'string', default: '8790' } },
})
const log = (line: string) => console.error(line)
const out = values.out === undefined ? join(localFolder, 'guides') : resolve(values.out)
await buildSite(out, log)
if (values.out === undefined)
  log(`The guides are at ${(await serveSite(out, Number(values.port))).url}. Ctrl-C ends this.`)
else log(`Built in ${out}`)
