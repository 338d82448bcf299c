import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { afterAll, describe, expect, it } from 'vitest'
import { connectionBudget } from '../src/capacity.ts'
import { connectionDemand, databaseCapacity, type StageConfig } from '../src/config.ts'
import { drainFitsHook } from '../src/rules/drain-fits-hook.ts'
import { noPublicOrigin } from '../src/rules/no-public-origin.ts'
import { spillwayApp } from '../src/spillway-app.ts'
import { stages } from '../src/stages.ts'
import { withoutCdkChecks } from './support/without-cdk-checks.ts'

const outdir = mkdtempSync(join(tmpdir(), 'spillway-rules-'))
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

const { dev, production } = stages
const withHeadroom = (config: StageConfig, headroom: number): StageConfig => ({
  ...config,
  connections: { ...config.connections, headroom },
})

describe('pool-fits-database', () => {
  const { spare, demand } = connectionBudget(databaseCapacity(production), connectionDemand(production))
  const full = withHeadroom(production, demand.headroom + spare)

  it('synthesizes a stage that uses its last connection', () => {
    expect(() => spillwayApp([full], { outdir, ...withoutCdkChecks }).synth()).not.toThrow()
  })

  it('stops at one connection more, with the sum and three ways to fix it', () => {
    const over = withHeadroom(production, full.connections.headroom + 1)
    expect(() => spillwayApp([over], { outdir, ...withoutCdkChecks }).synth()).toThrow(
      /96 processes × \(pool 24 \+ 2 monitoring\) \+ 205 head-room = 2701 connections[\s\S]*allows 2700[\s\S]*over budget by 1\.[\s\S]*1\. a smaller pool: poolSize 23[\s\S]*2\. a smaller group: instancesMax 11[\s\S]*3\. a larger database: db\.r6g\.2xlarge/,
    )
  })
})

describe('no-public-origin', () => {
  const balancer = (scheme?: string) => (stack: Stack) =>
    new CfnLoadBalancer(stack, 'Balancer', { ...(scheme && { scheme }) })
  const group = (cidrIp: string) => (stack: Stack) =>
    new CfnSecurityGroup(stack, 'Group', {
      groupDescription: 'test',
      securityGroupIngress: [{ ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp }],
    })

  it.each<[string, (stack: Stack) => unknown, RegExp | undefined]>([
    ['an internal balancer', balancer('internal'), undefined],
    ['an internet-facing balancer', balancer('internet-facing'), /internet-facing/],
    ['a balancer of unstated scheme, which AWS makes public', balancer(), /internet-facing/],
    ['a group that admits a private range', group('10.0.0.0/8'), undefined],
    ['a group that admits everyone', group('0.0.0.0/0'), /admits every address/],
  ])('%s', (_name, build, finding) => {
    const stack = new Stack(new App({ outdir }), 'Stack')
    build(stack)
    const findings = noPublicOrigin(stack).validate().join('\n')
    if (finding === undefined) expect(findings).toBe('')
    else expect(findings).toMatch(finding)
  })
})

describe('drain-fits-hook', () => {
  it.each<[string, number, number, number, number]>([
    ['each wait ends before the next gives up', 20, 30, 90, 0],
    ['systemd would kill within the drain', 30, 30, 90, 1],
    ['the hook would end within the stop', 20, 30, 47, 1],
    ['both', 40, 30, 20, 2],
  ])('%s', (_name, drain, unitStop, hook, count) => {
    expect(drainFitsHook('test', { drain, unitStop, poll: 2, leave: 15, hook }).validate()).toHaveLength(
      count,
    )
  })

  it('stops a stage whose drain outlasts its unit', () => {
    const slow: StageConfig = { ...dev, origin: { ...dev.origin, drainTimeoutMs: 30_000 } }
    expect(() => spillwayApp([slow], { outdir, ...withoutCdkChecks }).synth()).toThrow(
      /systemd kills the origin after 30 s/,
    )
  })
})

describe('a stage’s settings', () => {
  it('stop the start with every mistake at once', () => {
    const wrong: StageConfig = {
      ...production,
      fleet: { ...production.fleet, min: 2 },
      database: { ...production.database, instances: 1, protected: false },
    }
    expect(() => spillwayApp([wrong], { outdir })).toThrow(
      /leaves a zone without an origin[\s\S]*cannot fail over[\s\S]*must be protected[\s\S]*in each zone/,
    )
  })
})
