import { expect, it } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseLeaf } from '../../../attestation/tlog/leaf.ts'
import { openChain } from '../../../contracts/chain.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { startTestChain } from '../../contracts/local-chain/world.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker } from '../../fakes/guest.ts'
import { startTestLog } from '../../fakes/log.ts'
import { attest, enrolProvider, startNetwork } from './network.ts'

it('a challenge names the newest block of the chain, and the leaf of who answers it has it', async () => {
  const databaseUrl = await createTestDatabase()
  const { endpoint } = await startTestChain()
  const chain = { network: 'local', endpoint } as const
  await using log = await startTestLog(databaseUrl)
  await using network = await startNetwork({ databaseUrl, chain, log: log.service.authority })
  const acme = await enrolProvider(network, 'acme')
  const challenge = await callUnary(acme, 'Challenge', {})
  const block = await openChain(chain).blockBySeqno(challenge.seqno)
  expect(challenge).toMatchObject({ network: -4242, genUtime: block.genUtime })
  expect(encodeHex(challenge.rootHash)).toBe(encodeHex(block.rootHash))
  const { hostId } = await attest(acme, (await createGuestMaker())())
  acme.close()
  const { host } = await callUnary(network.admin, 'GetHost', { hostId })
  const leaf = parseLeaf(host!.leaf)
  if (leaf.kind !== 'attestation') throw new Error(leaf.kind)
  expect([leaf.challenge.network, encodeHex(leaf.challenge.rootHash)]).toEqual([-4242, encodeHex(block.rootHash)])
})

it('without a chain that answers a challenge names none, and says so', async () => {
  await using network = await startNetwork({ chain: { network: 'local', endpoint: 'http://127.0.0.1:1/' } })
  const acme = await enrolProvider(network, 'acme')
  const challenge = await callUnary(acme, 'Challenge', {})
  acme.close()
  const zeros = { network: 0, seqno: 0, genUtime: 0, rootHash: Buffer.alloc(32) }
  expect(challenge).toMatchObject(zeros)
  expect(challenge.random.equals(Buffer.alloc(32))).toBe(false)
})
