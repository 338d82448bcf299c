import { globSync } from 'node:fs'
import { basename, dirname } from 'node:path/posix'
import { root } from '@spillway/origin/dev/folders'

/** The site of guides: Markdown files of the repository, where they lie beside what they describe. */

export interface Section {
  readonly title: string
  /** Paths from the root, in the order of reading. */
  readonly files: readonly string[]
  /** Whether a test runs every block of its pages; otherwise they are reference, beside the guides. */
  readonly isGuide: boolean
}

const model = (...names: readonly string[]) => names.map((name) => `origin/docs/model/${name}.md`)
const issuers = (...names: readonly string[]) => names.map((name) => `edge/docs/issuers/${name}.md`)
const runbooks = (...names: readonly string[]) => names.map((name) => `infra/runbooks/${name}.md`)

const events = model('events', 'handlers', 'jobs', 'webhooks')
const client = 'origin/docs/client.md'

/** The named files, then the others of their folder, so that a new page is never missing; not those of another section. */
function withOthers(files: readonly string[], elsewhere: readonly string[] = []): readonly string[] {
  const folders = new Set(files.map(dirname))
  const others = [...folders].flatMap((folder) => globSync(`${folder}/*.md`, { cwd: root }).sort())
  return [...new Set([...files, ...others])].filter((file) => !elsewhere.includes(file))
}

export const sections: readonly Section[] = [
  { title: 'Start', files: ['infra/guides/README.md', 'infra/guides/get-started.md'], isGuide: true },
  {
    title: 'Model',
    files: withOthers(
      model(
        ...['README', 'access', 'fields', 'queries', 'counting', 'export', 'write-rules', 'references'],
        ...['actions', 'named-queries', 'guards', 'lists-and-locks', 'soft-delete', 'endpoints'],
        ...['adopt', 'migrations', 'objectives'],
      ),
      events,
    ),
    isGuide: true,
  },
  { title: 'Events', files: events, isGuide: true },
  {
    title: 'Sign-in',
    files: withOthers([...issuers('README'), 'edge/docs/machine-clients.md']),
    isGuide: true,
  },
  { title: 'Call', files: ['infra/guides/caching.md', 'infra/guides/errors.md', client], isGuide: true },
  {
    title: 'Test and release',
    files: withOthers(['origin/docs/testing.md', 'origin/docs/contract-diff.md'], [client]),
    isGuide: true,
  },
  {
    title: 'Deploy and operate',
    files: ['infra/guides/deploy.md', 'infra/guides/operate.md'],
    isGuide: true,
  },
  { title: 'Runbooks', files: withOthers(runbooks('README', 'first-deploy')), isGuide: true },
  {
    title: 'How it works',
    files: [
      ...['edge/README.md', 'edge/src/cache/README.md', 'origin/README.md', 'origin/contract/README.md'],
      ...[
        'origin/src/store/README.md',
        'infra/README.md',
        'infra/why/README.md',
        'infra/console/README.md',
        'infra/slo/README.md',
        'infra/canary/README.md',
        'infra/dashboards/README.md',
        'bench/README.md',
      ],
    ],
    isGuide: false,
  },
  {
    title: 'Decisions',
    files: globSync('{origin,edge,infra,bench}/decisions/*.md', { cwd: root }).sort((a, b) =>
      basename(a).localeCompare(basename(b)),
    ),
    isGuide: false,
  },
]

/** Path of a page in the site, without its ending. */
export function sitePath(file: string): string {
  if (file === 'infra/guides/README.md') return 'index'
  const named = file
    .replace(/^infra\/guides\//, '')
    .replace(/\/docs\//, '/')
    .replace(/\.md$/, '')
  return named.replace(/(?:^|\/)README$/, '/index').toLowerCase()
}
