import type { Result } from '../measure/result.ts'
import { barsTable } from './bars-table.ts'
import { costSection } from './cost-section.ts'
import { cpuFigure } from './cpu-figure.ts'
import { figuresTable } from './figures-table.ts'
import { type Html, html, raw } from './html.ts'
import { overloadFigure } from './overload-figure.ts'
import { provenance } from './provenance.ts'
import { publicationOf } from './publication.ts'
import { storyFigure } from './story-figure.ts'

/** The page, and its figures by file name. */
export interface Page {
  readonly html: string
  readonly figures: Readonly<Record<string, string>>
}

interface Chapter {
  readonly bench: string
  readonly title: string
  readonly says: Html
  readonly figures: (result: Result) => Readonly<Record<string, string>>
}

const isSpillway = (subject: string): boolean => subject.startsWith('Spillway')

const chapters: readonly Chapter[] = [
  {
    bench: 'story',
    title: 'The night that it started with',
    says: html`<p>A hundred times as many users within five seconds, each with one request a second. <b>API Gateway and Lambda</b> start an instance
for every request under way: until its network interface is attached nobody is answered, then every instance brings connections
of its own, and the database has no more. <b>Fastify behind a balancer</b> refuses nobody, so everybody waits until nobody is
answered in time. <b>Spillway</b> answers what it has at the edge, joins what goes on to the database, and refuses early what is
too much.</p><p>Users, documents and every limit (instances, connections, processors of the database) are scaled by the same factor for all
designs, so that one machine can hold them: see the settings. Each design gets the same real database behind the same
proxy, which gives it the size that the factor leaves; each is run in its turn by the same open-loop driver.</p>`,
    figures: (result) => ({ story: storyFigure(result) }),
  },
  {
    bench: 'overload',
    title: 'Goodput under overload',
    says: html`<p>Requests that come whether or not those before them were answered, up to ten times what the origin can carry.</p>`,
    figures: (result) => ({ overload: overloadFigure(result) }),
  },
  {
    bench: 'peers',
    title: 'CPU for a request: the whole stack, against others',
    says: html`<p>The same API, the same documents, the same users with the same tokens, nine reads for a write; server and database
together. All of them check whose token it is; Spillway does so at the edge, and goes on to the origin with what the edge
has no answer for.</p>`,
    figures: (result) => ({
      peers: cpuFigure(result, {
        title: 'CPU µs a request, mixed 90/10',
        case: 'mixed 90/10',
        total: 'together',
        parts: ['edge', 'server', 'database'],
        isOurs: isSpillway,
      }),
    }),
  },
  {
    bench: 'origin',
    title: 'CPU for a request: the origin alone',
    says: html`<p>Without the edge and its cache: what joining reads and writes is worth.</p>`,
    figures: (result) =>
      Object.fromEntries(
        ['read by id', 'create', 'mixed 90/10'].map((name) => [
          `origin-${name.replace(/\W+/g, '-')}`,
          cpuFigure(result, {
            title: `CPU µs: ${name}`,
            case: name,
            total: 'together',
            parts: ['server', 'database'],
            isOurs: isSpillway,
          }),
        ]),
      ),
  },
  {
    bench: 'edge',
    title: 'CPU for a request: the edge against its limit',
    says: html`<p>The limit is a Worker that answers everything with the same bytes.</p>`,
    figures: (result) => ({
      edge: cpuFigure(result, {
        title: 'CPU µs of workerd a request',
        case: 'edge',
        total: 'cpu',
        parts: [],
        isOurs: isSpillway,
      }),
    }),
  },
  {
    bench: 'connections',
    title: 'Ten thousand clients, one pool',
    says: html`<p>Connections of clients and of the database, and the memory of the origin, over time.</p>`,
    figures: () => ({}),
  },
  {
    bench: 'outage',
    title: 'The origin is killed',
    says: html`<p>Reads that the edge has an answer for, while the origin is away, and how soon all is well again.</p>`,
    figures: () => ({}),
  },
]

/** Benches on the page, in its order. */
export const benchesOnPage: readonly string[] = chapters.map(({ bench }) => bench)

const style = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1a1a1a;--soft:#666;--rule:#e2e2e2;--good:#00805c;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--bg:#16181c;--ink:#ececec;--soft:#a3a8b0;--rule:#30343b;--good:#35c79a;--bad:#ff8a80}}
body{margin:0 auto;max-width:52rem;padding:1rem;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2.5rem 0 .3rem}h4{margin:.6rem 0 .2rem;font-size:.85rem}
figure{margin:1rem 0;max-width:38rem}figure svg{width:100%;height:auto;display:block}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem}th,td{padding:.25rem .6rem .25rem 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule);font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}small,.how,summary{color:var(--soft)}.how{font-size:.85rem}.pass td:nth-child(2){color:var(--good)}.fail td:nth-child(2){color:var(--bad);font-weight:700}
ul.inline{margin:0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:0 1rem}details{margin:.4rem 0}code{font-size:.9em;overflow-wrap:anywhere}.note{border-left:3px solid var(--bad);padding-left:.8rem;color:var(--bad)}`

/** Makes one page of all results, which loads nothing else. */
export function page(results: readonly Result[]): Page {
  const cost = costSection()
  const figures: Record<string, string> = { cost: cost.svg }
  const sections = chapters.flatMap(({ bench, title, says, figures: draw }) => {
    const result = results.find((each) => each.bench === bench)
    if (result === undefined) return []
    const drawn = draw(result)
    Object.assign(figures, drawn)
    return html`<section id="${bench}"><h2>${title}</h2>${says}${Object.values(drawn).map((svg) => html`<figure>${raw(svg)}</figure>`)}
${figuresTable(result)}${provenance(result)}</section>`
  })
  const { commits, days, objections } = publicationOf(results)
  const missing = chapters.filter(({ bench }) => !results.some((result) => result.bench === bench))
  const content = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Spillway, measured</title><style>${raw(style.replaceAll('\n', ''))}</style></head><body>
<h1>Why the first design fell, and this one stands</h1>
<p>Everything here was measured by <code>npm run bench</code> on one machine; run it on yours. Each figure says below it by which command, when
and where; the numbers themselves lie beside this page as JSON.</p>
<p>Commit ${commits.map((commit) => html`<code>${commit}</code> `)}measured ${days.join(' to ')}.</p>
${objections.map((objection) => html`<p class="note">${objection}</p>`)}
<h2>What must hold</h2><p>The floor is the same figure of a program that does only what is unavoidable, in the same run.</p>${barsTable(results)}
${sections}
${cost.section}
${missing.length > 0 ? html`<p class="how">Not in this run: ${missing.map(({ bench }) => `npm run bench -- ${bench}`).join(', ')}.</p>` : ''}
</body></html>
`
  return { html: content.text, figures }
}
