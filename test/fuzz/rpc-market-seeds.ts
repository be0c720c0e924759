const ID = Buffer.alloc(16, 7)
const DIGEST = Buffer.alloc(32, 7)
const LIMITS = { requestsPerMinute: 60, tokensPerDay: '1000', nanotonPerMonth: '1000' }
const SCOPE = { models: ['m'], minimumPolicy: 'affirming', limits: LIMITS }
const PRICES = { prompt: '1', cached: '2', completion: '3', reasoning: '4' }
const PERIOD = { from: '1', to: '2000000000' }

/** What of the market's state its requests name. */
export interface MarketMaterial {
  readonly organisation: string
  readonly keyId: Uint8Array
  readonly demandId: Uint8Array
  /** Of a host that is listed. */
  readonly hostId: Uint8Array
}

/** Valid requests of the market by method. */
export function marketSeeds(known: MarketMaterial): readonly (readonly [string, readonly unknown[]])[] {
  const { organisation, keyId, demandId, hostId } = known
  const demand = {
    ...{ organisation, model: 'm', weights: DIGEST, billions: 8, activeBillions: 4, queriesPerDay: 100 },
    ...{ inputTokens: 100, outputTokens: 10, peakFactor: 2, priceCeiling: '1000', latencyCeilingMs: 100 },
    ...{ region: 'eu', minimumPolicy: 'listed' }
  }
  const declared = {
    ...{ hostId, gpu: 'H100', gpus: 1, vramGib: 80, uptimePermille: 990, region: 'north', models: ['m'] },
    prices: PRICES
  }
  const login = {
    ...{ address: `0:${'07'.repeat(32)}`, domain: 'localhost', timestamp: '1800000000', payload: '07'.repeat(32) },
    ...{ signature: Buffer.alloc(64), stateInit: Buffer.from('b5ee9c72010101010002000000', 'hex') }
  }
  return [
    ['PutOrganisation', [{ name: organisation, limits: LIMITS }]],
    ['CreateKey', [{ organisation, name: 'laptop', scope: SCOPE }]],
    ['ListKeys', [{ organisation }]],
    ['SetKey', [{ keyId, scope: SCOPE }]],
    ['RevokeKey', [{ keyId: ID }, { keyId }]],
    ['PutDemand', [demand, { ...demand, demandId }]],
    ['RemoveDemand', [{ demandId: ID }, { demandId }]],
    ['Login', [login]],
    ['PutSupply', [declared]],
    ['RemoveSupply', [{ hostId: ID }, { hostId }]],
    ['GetPlan', [{ seconds: 1 }]],
    ['GetBill', [{ ...PERIOD, organisation }]],
    ['ListStatements', [{ ...PERIOD, organisation }]],
    ['ListServedStatements', [{ ...PERIOD, provider: 'somebody' }]],
    ['GetDelivered', [{ provider: 'somebody' }]],
    ['GetUsageProof', [{ statementHash: DIGEST }]]
  ]
}
