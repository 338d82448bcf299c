/**
 * Program: `npm run test:guides [-- PART-OF-A-NAME]` follows every guide in a copy of the checkout, as a reader does:
 * writes its files, pastes its commands, and compares what they print with what the page shows. Then builds the site and
 * reads it in Chromium.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Steps } from '../measure/steps.ts'
import { useBooksPage } from './books-page.ts'
import { addExamples, openCheckout } from './checkout.ts'
import { followPage } from './follow-page.ts'
import { startWithIssuers } from './issuer-pages.ts'
import { sections } from './pages.ts'
import { checkSite } from './site/check-site.ts'

const part = process.argv[2] ?? ''
const steps = new Steps()
const follow = (file: string, work: () => Promise<void>) =>
  file.includes(part) ? steps.run(`${file}: each block runs`, work) : undefined

/** `npm run test:runbooks` pastes each block of these against stand-ins of the clouds. */
const isForOperators = (file: string): boolean => file.startsWith('infra/runbooks/')
const isOfIssuer = (file: string): boolean => /^edge\/docs\/issuers\/(?!README)/.test(file)
const started = 'infra/guides/get-started.md'

console.error('Copying the checkout, and starting it …')
await using checkout = await openCheckout()
await follow('README.md', () => followPage('README.md', checkout))
await follow(started, () =>
  followPage(started, checkout, {
    writesFiles: true,
    async atEnd(shell) {
      await shell.run('npx tsc -p origin')
      await useBooksPage(checkout, await readFile(join(checkout.folder, 'served'), 'utf8'))
    },
  }),
)
await addExamples(checkout)
const guides = sections.filter(({ isGuide }) => isGuide).flatMap(({ files }) => files)
for (const file of guides.filter((name) => name !== started && !isForOperators(name) && !isOfIssuer(name))) {
  await follow(file, () => checkout.during(() => followPage(file, checkout)))
}
await follow('edge/docs/issuers/', () => startWithIssuers(guides.filter(isOfIssuer), checkout))
if (part === '' || 'site'.includes(part)) await checkSite(steps)
console.log(`${steps.passed} passed, ${steps.failed} failed`)
process.exitCode = steps.failed === 0 ? 0 : 1
