import type { IValidation } from 'constructs'
import { connectionBudget, explainBudget } from '../capacity.ts'
import { connectionDemand, databaseCapacity, type StageConfig } from '../config.ts'

/** A stage whose pools could ask for more connections than its database allows does not synthesize. */
export const poolFitsDatabase = (config: StageConfig): IValidation => ({
  validate: () => {
    const budget = connectionBudget(databaseCapacity(config), connectionDemand(config))
    return budget.fits ? [] : [`${config.stage}: connection budget broken\n${explainBudget(budget)}`]
  },
})
