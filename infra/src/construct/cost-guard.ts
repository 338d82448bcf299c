import { Aws } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { stageTag } from '../tags.ts'

/** Notifies a person when the month is forecast to exceed the budget, and again when it does. */
export class CostGuard extends Construct {
  constructor(scope: Construct, id: string, { config, topic }: { config: StageConfig; topic: Topic }) {
    super(scope, id)
    topic.grantPublish(new ServicePrincipal('budgets.amazonaws.com'))
    const notice = (notificationType: 'FORECASTED' | 'ACTUAL', threshold: number) => ({
      notification: {
        notificationType,
        comparisonOperator: 'GREATER_THAN',
        threshold,
        thresholdType: 'PERCENTAGE',
      },
      subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
    })
    new CfnBudget(this, 'Budget', {
      budget: {
        // Budgets are global: "Budget names must be unique within an account" (API reference, DuplicateRecordException).
        budgetName: `spillway-${config.stage}-${Aws.REGION}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: config.budgetDollars, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:${stageTag}$${config.stage}`] },
      },
      notificationsWithSubscribers: [notice('FORECASTED', 100), notice('ACTUAL', 80), notice('ACTUAL', 100)],
    })
  }
}
