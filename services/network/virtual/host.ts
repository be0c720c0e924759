import { ServiceError } from '../../runtime/errors.ts'
import { readNetworkFile } from '../../runtime/network-file.ts'
import { openStateFolder, payeeEnv } from '../local/payment.ts'
import { hostEnv } from './host-env.ts'
import { openVirtualMachine } from './tee.ts'

export interface VirtualHostWish {
  /** Of its machine. */
  readonly name: string
  readonly gpu: 'HOPPER' | 'BLACKWELL'
  readonly region: string
  /** Enrolment token of its provider. */
  readonly token: string
  /** Raw address that its answers are paid to. */
  readonly payee: string
}

/**
 * The settings of an agent that joins the network that is up from a data folder, on a virtual machine of its own, which is made on
 * first use. It serves sessions alone that pay. Refuses ARGUMENT_INVALID, and NOT_FOUND where no network is up.
 */
export async function openVirtualHost(
  dataFolder: string,
  { name, gpu, region, token, payee }: VirtualHostWish
): Promise<Readonly<Record<string, string>>> {
  // Machines of the network itself are numbered.
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    throw new ServiceError('ARGUMENT_INVALID', 'a name is a letter and up to 31 letters, digits and dashes')
  }
  const { registry, relay, engineUrl, model, chain, marketWallet } = await readNetworkFile(dataFolder)
  const machine = await openVirtualMachine(dataFolder, name, gpu, new Date())
  const paymentEnv = {
    BOMBYX_PAYMENT: 'required',
    BOMBYX_HOST_STATE: await openStateFolder(dataFolder, name),
    ...payeeEnv({ endpoint: chain, payee, market: marketWallet })
  }
  return hostEnv({ name, registry, relay, engineUrl, model, region, token, ...machine, paymentEnv })
}
