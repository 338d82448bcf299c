import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preview, previewName } from '../src/preview.ts'
import { previewApp } from '../src/spillway-app.ts'
import { withoutCdkChecks } from './support/without-cdk-checks.ts'

const now = new Date('2026-11-30T12:00:00Z')

describe('the name of a preview', () => {
  it.each([
    ['login', /^pr-login-[0-9a-f]{4}$/],
    ['feature/Größere_Karten', /^pr-feature-g-[0-9a-f]{4}$/],
    ['a', /^pr-a-[0-9a-f]{4}$/],
    ['--x--', /^pr-x-[0-9a-f]{4}$/],
  ])('of %s', (branch, name) => expect(previewName(branch)).toMatch(name))

  it('differs where branches start alike, and leaves the bucket room for any region', () => {
    const [one, other] = ['feature/payments-a', 'feature/payments-b'].map(previewName)
    expect(one).not.toBe(other)
    expect(`spillway-${one}-releases-111122223333-ap-southeast-1`.length).toBeLessThanOrEqual(63)
  })

  it('is refused for a branch without one', () => expect(() => previewName('///')).toThrow('needs the name'))
})

describe('a preview', () => {
  it('has a share of the budget of dev, and an end', () => {
    const { config, expiresAt } = preview('login', { days: 3, now })
    expect(config.budgetDollars).toBe(30)
    expect(expiresAt.toISOString()).toBe('2026-12-03T12:00:00.000Z')
    expect(config.database.protected).toBe(false)
    expect(config.edgeUrl).toBe(`https://${config.stage}.dev.example.com`)
  })
  it.each([0, 15, 1.5, Number.NaN])('does not live for %s days', (days) =>
    expect(() => preview('login', { days, now })).toThrow('lives for 1 to 14 days'),
  )

  describe('when it is synthesized', () => {
    let outdir: string
    const { config } = preview('login', { days: 3, now })
    beforeAll(() => {
      outdir = mkdtempSync(join(tmpdir(), 'spillway-preview-'))
      previewApp(preview('login', { days: 3, now }), { outdir, ...withoutCdkChecks }).synth()
    })
    afterAll(() => rmSync(outdir, { recursive: true, force: true }))

    it('has the stacks of a stage, and one that deletes them, the last one first', () => {
      const stacks = ['network', 'data', 'origin', 'expiry'].map(
        (stack) => `spillway-${config.stage}-${stack}`,
      )
      expect(readdirSync(outdir).filter((file) => file.endsWith('.template.json'))).toEqual(
        stacks.map((stack) => `${stack}.template.json`).toSorted(),
      )
      // The cast is safe: the CDK writes templates in this form.
      const { Resources } = JSON.parse(readFileSync(join(outdir, `${stacks[3]}.template.json`), 'utf8')) as {
        Resources: Record<
          string,
          { Type: string; Properties: { ScheduleExpression: string; Target: { Input: string } } }
        >
      }
      const schedules = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
      expect(
        schedules.map(({ Properties: { ScheduleExpression, Target } }) => [
          ScheduleExpression,
          JSON.parse(Target.Input).StackName,
        ]),
      ).toEqual([
        ['at(2026-12-03T12:00:00)', stacks[2]],
        ['at(2026-12-03T12:45:00)', stacks[1]],
        ['at(2026-12-03T13:30:00)', stacks[0]],
      ])
      expect(JSON.stringify(Resources)).not.toContain('"cloudformation:*"')
    })
    it('keeps nothing after its end: no stack of it is protected', () => {
      const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'))
      expect(JSON.stringify(artifacts)).not.toContain('"terminationProtection":true')
    })
  })
})
