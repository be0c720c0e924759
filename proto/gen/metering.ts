import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { FindStatementsRequest as _bombyx_v1_FindStatementsRequest, FindStatementsRequest__Output as _bombyx_v1_FindStatementsRequest__Output } from './bombyx/v1/FindStatementsRequest.ts';
import type { FindStatementsResponse as _bombyx_v1_FindStatementsResponse, FindStatementsResponse__Output as _bombyx_v1_FindStatementsResponse__Output } from './bombyx/v1/FindStatementsResponse.ts';
import type { MeteringClient as _bombyx_v1_MeteringClient, MeteringDefinition as _bombyx_v1_MeteringDefinition } from './bombyx/v1/Metering.ts';
import type { ReceiptName as _bombyx_v1_ReceiptName, ReceiptName__Output as _bombyx_v1_ReceiptName__Output } from './bombyx/v1/ReceiptName.ts';
import type { StoreUsageRequest as _bombyx_v1_StoreUsageRequest, StoreUsageRequest__Output as _bombyx_v1_StoreUsageRequest__Output } from './bombyx/v1/StoreUsageRequest.ts';
import type { StoreUsageResponse as _bombyx_v1_StoreUsageResponse, StoreUsageResponse__Output as _bombyx_v1_StoreUsageResponse__Output } from './bombyx/v1/StoreUsageResponse.ts';
import type { UsageProgress as _bombyx_v1_UsageProgress, UsageProgress__Output as _bombyx_v1_UsageProgress__Output } from './bombyx/v1/UsageProgress.ts';
import type { UsageRefusal as _bombyx_v1_UsageRefusal, UsageRefusal__Output as _bombyx_v1_UsageRefusal__Output } from './bombyx/v1/UsageRefusal.ts';
import type { UsageStatement as _bombyx_v1_UsageStatement, UsageStatement__Output as _bombyx_v1_UsageStatement__Output } from './bombyx/v1/UsageStatement.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      FindStatementsRequest: MessageTypeDefinition<_bombyx_v1_FindStatementsRequest, _bombyx_v1_FindStatementsRequest__Output>
      FindStatementsResponse: MessageTypeDefinition<_bombyx_v1_FindStatementsResponse, _bombyx_v1_FindStatementsResponse__Output>
      /**
       * Stores the usage statements that hosts sign. Relays deliver; statements prove themselves, so who delivers is no matter.
       */
      Metering: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_MeteringClient> & { service: _bombyx_v1_MeteringDefinition }
      ReceiptName: MessageTypeDefinition<_bombyx_v1_ReceiptName, _bombyx_v1_ReceiptName__Output>
      StoreUsageRequest: MessageTypeDefinition<_bombyx_v1_StoreUsageRequest, _bombyx_v1_StoreUsageRequest__Output>
      StoreUsageResponse: MessageTypeDefinition<_bombyx_v1_StoreUsageResponse, _bombyx_v1_StoreUsageResponse__Output>
      UsageProgress: MessageTypeDefinition<_bombyx_v1_UsageProgress, _bombyx_v1_UsageProgress__Output>
      UsageRefusal: MessageTypeDefinition<_bombyx_v1_UsageRefusal, _bombyx_v1_UsageRefusal__Output>
      UsageStatement: MessageTypeDefinition<_bombyx_v1_UsageStatement, _bombyx_v1_UsageStatement__Output>
    }
  }
}

