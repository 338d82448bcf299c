import type { IValidation } from 'constructs'
import { connectionBudget, explainBudget } from '../capacity.ts'
import { connectionDemand, databaseCapacity, type StageConfig } from '../config.ts'

/** Fails the synthesis if a stage's pools could open more connections than its database allows. */
export const poolFitsDatabase = (config: StageConfig): IValidation => ({
  validate: () => {
    const budget = connectionBudget(databaseCapacity(config), connectionDemand(config))
    return budget.fits ? [] : [`${config.stage}: connection budget broken\n${explainBudget(budget)}`]
  },
})
