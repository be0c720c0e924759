import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIRST_CREDIT } from '../../../services/runtime/link/stream.ts'
import { type ModelRequest, SwitchModel } from './switch-model.ts'

const chunkSizes = fc.array(fc.oneof(fc.integer({ min: 16, max: 400 }), fc.constant(32_784)), {
  minLength: 1,
  maxLength: 8
})

const action = fc.oneof(
  {
    weight: 15,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      client: fc.nat(1),
      hosts: fc.subarray([0, 1], { minLength: 1 }),
      question: chunkSizes,
      answer: chunkSizes
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('question' as const, 'answer' as const), which: fc.nat() })
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('consume' as const), which: fc.nat(), bytes: fc.nat(40_000) })
  },
  { weight: 50, arbitrary: fc.record({ kind: fc.constant('deliver' as const), channel: fc.nat(7) }) },
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'refuse' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), channel: fc.nat(7) }) }
)

type Action = typeof action extends fc.Arbitrary<infer One> ? One : never

async function createModel(): Promise<SwitchModel> {
  const model = new SwitchModel()
  for (let n = 0; n < 2; n++) await model.addClient()
  for (const slots of [1, 3]) await model.addHost(slots)
  return model
}

function act(model: SwitchModel, one: Action): void {
  const request = 'which' in one ? model.requests[one.which % Math.max(1, model.requests.length)] : undefined
  switch (one.kind) {
    case 'ask': {
      const [client, hosts] = [model.clients[one.client], one.hosts.flatMap((n) => model.hosts[n] ?? [])]
      if (client !== undefined) model.ask(client, hosts, one)
      return
    }
    case 'question':
      if (request?.stream !== undefined) request.question.sendNext(request.stream)
      return
    case 'answer':
      if (request !== undefined) sendAnswer(request)
      return
    case 'consume':
      if (request !== undefined) consume(request, one.bytes)
      return
    case 'deliver':
      model.channels[one.channel]?.deliver()
      return
    case 'turn':
      model.timers.endTurn()
      return
    case 'cancel':
      if (request === undefined || request.stream?.closed !== false) return
      request.stream.reset('CANCELLED')
      request.outcome ??= 'CANCELLED'
      return
    case 'refuse':
      if (request?.atHost?.stream.closed !== false) return
      request.atHost.stream.reset('UNSEAL_FAILED')
      return
    case 'lose':
      model.channels[one.channel]?.break(new Error('lost'))
  }
}

// A host answers once it has the whole question.
function sendAnswer(request: ModelRequest): void {
  const { atHost, question, answer } = request
  if (atHost === undefined || atHost.stream.closed || !question.final || answer.done) return
  answer.sendNext(atHost.stream)
}

function consume({ stream, atHost, question, answer }: ModelRequest, bytes: number): void {
  if (atHost !== undefined) question.consume(atHost.stream, bytes)
  if (stream !== undefined) answer.consume(stream, bytes)
}

/** Everybody does what is left to do, until nothing moves any more. */
function finish(model: SwitchModel): void {
  for (let before = -1, after = progress(model); after !== before; ) {
    before = after
    for (const request of model.requests) {
      if (request.stream !== undefined) request.question.sendNext(request.stream)
      sendAnswer(request)
      consume(request, Number.POSITIVE_INFINITY)
    }
    model.sweep()
    model.settle()
    after = progress(model)
  }
  // The last thing to come may have been the end of a stream at its host.
  model.sweep()
  model.settle()
}

function progress(model: SwitchModel): number {
  return model.requests.reduce((total, { question, answer, outcome, atHost }) => {
    const states = (outcome === undefined ? 0 : 1) + (atHost === undefined ? 0 : 1)
    return total + question.sentChunks + answer.sentChunks + question.received + answer.received + states
  }, 0)
}

function checkMemory(model: SwitchModel): void {
  for (const client of model.clients) {
    const open = model.requests.filter(({ client: owner }) => owner === client).length
    expect(model.heldFor(client)).toBeLessThanOrEqual(open * (FIRST_CREDIT + 4096) + 4096)
  }
}

test('whatever the schedule, every request ends, and no byte is lost, doubled or out of order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 400, size: 'max' }), async (actions) => {
      const model = await createModel()
      for (const one of actions) {
        act(model, one)
        model.sweep()
        checkMemory(model)
      }
      finish(model)
      const lost = model.channels.some(({ closed }) => closed)
      for (const { outcome, question, answer, accepts } of model.requests) {
        // A request whose hosts and links live and that nobody gave up is complete.
        expect(outcome).toBeDefined()
        expect(accepts).toBeLessThanOrEqual(1)
        if (outcome === 'complete') {
          expect([question.received, answer.received]).toEqual([question.sent, answer.sent])
        } else if (!lost) {
          expect(['CANCELLED', 'UNSEAL_FAILED']).toContain(outcome)
        }
      }
      expect(model.board.running).toBe(0)
      expect(model.queue.size).toBe(0)
      for (const { link, relaySide } of model.clients) expect([link.streams, relaySide.streams]).toEqual([0, 0])
      for (const { live, running, link } of model.hosts) {
        expect([live.outstandingTokens, running, link.streams]).toEqual([0, 0, 0])
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false }
  )
})
