import { expect, it } from 'vitest'
import { next, type Pipeline, run } from './pipeline.ts'

interface Trace {
  hasWaited: boolean
  readonly asked: string[]
}

const trace = (): Trace => ({ hasWaited: false, asked: [] })
const problem = { code: 'not-found', detail: 'Nothing here.' } as const

const passing =
  (name: string) =>
  ({ asked }: Trace): typeof next => {
    asked.push(name)
    return next
  }
const waiting =
  (name: string) =>
  async ({ asked }: Trace): Promise<typeof next> => {
    asked.push(name)
    return next
  }
const answering =
  (name: string) =>
  ({ asked }: Trace): typeof problem => {
    asked.push(name)
    return problem
  }

it('asks stages in turn and stops at the first answer, without a promise', () => {
  const exchange = trace()
  const pipeline: Pipeline<Trace, null> = [passing('a'), answering('b'), answering('c')]
  expect(run(pipeline, exchange, null)).toBe(problem)
  expect(exchange).toEqual({ hasWaited: false, asked: ['a', 'b'] })
})

it('goes on behind a promise, and notes that it has waited', async () => {
  const exchange = trace()
  const pipeline: Pipeline<Trace, null> = [passing('a'), waiting('b'), waiting('c'), answering('d')]
  const answer = run(pipeline, exchange, null)
  expect(answer).toBeInstanceOf(Promise)
  expect(exchange).toEqual({ hasWaited: true, asked: ['a', 'b'] })
  expect(await answer).toBe(problem)
  expect(exchange.asked).toEqual(['a', 'b', 'c', 'd'])
})

it('rejects where a stage throws behind a promise', async () => {
  const broken = (): never => {
    throw new Error('broken')
  }
  await expect(run([waiting('a'), broken], trace(), null)).rejects.toThrow('broken')
})
