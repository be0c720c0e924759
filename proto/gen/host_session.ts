import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { AcceptAnswer as _bombyx_v1_AcceptAnswer, AcceptAnswer__Output as _bombyx_v1_AcceptAnswer__Output } from './bombyx/v1/AcceptAnswer.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { CoveredStatement as _bombyx_v1_CoveredStatement, CoveredStatement__Output as _bombyx_v1_CoveredStatement__Output } from './bombyx/v1/CoveredStatement.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { FindStatementsRequest as _bombyx_v1_FindStatementsRequest, FindStatementsRequest__Output as _bombyx_v1_FindStatementsRequest__Output } from './bombyx/v1/FindStatementsRequest.ts';
import type { FindStatementsResponse as _bombyx_v1_FindStatementsResponse, FindStatementsResponse__Output as _bombyx_v1_FindStatementsResponse__Output } from './bombyx/v1/FindStatementsResponse.ts';
import type { GiveVoucherRequest as _bombyx_v1_GiveVoucherRequest, GiveVoucherRequest__Output as _bombyx_v1_GiveVoucherRequest__Output } from './bombyx/v1/GiveVoucherRequest.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { HelloCall as _bombyx_v1_HelloCall, HelloCall__Output as _bombyx_v1_HelloCall__Output } from './bombyx/v1/HelloCall.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { HostIdentity as _bombyx_v1_HostIdentity, HostIdentity__Output as _bombyx_v1_HostIdentity__Output } from './bombyx/v1/HostIdentity.ts';
import type { HostSessionClient as _bombyx_v1_HostSessionClient, HostSessionDefinition as _bombyx_v1_HostSessionDefinition } from './bombyx/v1/HostSession.ts';
import type { HostSessionAnswer as _bombyx_v1_HostSessionAnswer, HostSessionAnswer__Output as _bombyx_v1_HostSessionAnswer__Output } from './bombyx/v1/HostSessionAnswer.ts';
import type { HostSessionCall as _bombyx_v1_HostSessionCall, HostSessionCall__Output as _bombyx_v1_HostSessionCall__Output } from './bombyx/v1/HostSessionCall.ts';
import type { KnownVouchers as _bombyx_v1_KnownVouchers, KnownVouchers__Output as _bombyx_v1_KnownVouchers__Output } from './bombyx/v1/KnownVouchers.ts';
import type { LeftStatements as _bombyx_v1_LeftStatements, LeftStatements__Output as _bombyx_v1_LeftStatements__Output } from './bombyx/v1/LeftStatements.ts';
import type { LeftWord as _bombyx_v1_LeftWord, LeftWord__Output as _bombyx_v1_LeftWord__Output } from './bombyx/v1/LeftWord.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { ListVouchersRequest as _bombyx_v1_ListVouchersRequest, ListVouchersRequest__Output as _bombyx_v1_ListVouchersRequest__Output } from './bombyx/v1/ListVouchersRequest.ts';
import type { ListVouchersResponse as _bombyx_v1_ListVouchersResponse, ListVouchersResponse__Output as _bombyx_v1_ListVouchersResponse__Output } from './bombyx/v1/ListVouchersResponse.ts';
import type { MeteringClient as _bombyx_v1_MeteringClient, MeteringDefinition as _bombyx_v1_MeteringDefinition } from './bombyx/v1/Metering.ts';
import type { PaymentAnswer as _bombyx_v1_PaymentAnswer, PaymentAnswer__Output as _bombyx_v1_PaymentAnswer__Output } from './bombyx/v1/PaymentAnswer.ts';
import type { PaymentCall as _bombyx_v1_PaymentCall, PaymentCall__Output as _bombyx_v1_PaymentCall__Output } from './bombyx/v1/PaymentCall.ts';
import type { PaymentStatus as _bombyx_v1_PaymentStatus, PaymentStatus__Output as _bombyx_v1_PaymentStatus__Output } from './bombyx/v1/PaymentStatus.ts';
import type { PaymentsClient as _bombyx_v1_PaymentsClient, PaymentsDefinition as _bombyx_v1_PaymentsDefinition } from './bombyx/v1/Payments.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReceiptName as _bombyx_v1_ReceiptName, ReceiptName__Output as _bombyx_v1_ReceiptName__Output } from './bombyx/v1/ReceiptName.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { RefusalAnswer as _bombyx_v1_RefusalAnswer, RefusalAnswer__Output as _bombyx_v1_RefusalAnswer__Output } from './bombyx/v1/RefusalAnswer.ts';
import type { StoreUsageRequest as _bombyx_v1_StoreUsageRequest, StoreUsageRequest__Output as _bombyx_v1_StoreUsageRequest__Output } from './bombyx/v1/StoreUsageRequest.ts';
import type { StoreUsageResponse as _bombyx_v1_StoreUsageResponse, StoreUsageResponse__Output as _bombyx_v1_StoreUsageResponse__Output } from './bombyx/v1/StoreUsageResponse.ts';
import type { StoreVoucherResponse as _bombyx_v1_StoreVoucherResponse, StoreVoucherResponse__Output as _bombyx_v1_StoreVoucherResponse__Output } from './bombyx/v1/StoreVoucherResponse.ts';
import type { StoredVoucher as _bombyx_v1_StoredVoucher, StoredVoucher__Output as _bombyx_v1_StoredVoucher__Output } from './bombyx/v1/StoredVoucher.ts';
import type { UsageProgress as _bombyx_v1_UsageProgress, UsageProgress__Output as _bombyx_v1_UsageProgress__Output } from './bombyx/v1/UsageProgress.ts';
import type { UsageRefusal as _bombyx_v1_UsageRefusal, UsageRefusal__Output as _bombyx_v1_UsageRefusal__Output } from './bombyx/v1/UsageRefusal.ts';
import type { UsageStatement as _bombyx_v1_UsageStatement, UsageStatement__Output as _bombyx_v1_UsageStatement__Output } from './bombyx/v1/UsageStatement.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';
import type { VoucherMessage as _bombyx_v1_VoucherMessage, VoucherMessage__Output as _bombyx_v1_VoucherMessage__Output } from './bombyx/v1/VoucherMessage.ts';
import type { VouchersClient as _bombyx_v1_VouchersClient, VouchersDefinition as _bombyx_v1_VouchersDefinition } from './bombyx/v1/Vouchers.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      AcceptAnswer: MessageTypeDefinition<_bombyx_v1_AcceptAnswer, _bombyx_v1_AcceptAnswer__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      CoveredStatement: MessageTypeDefinition<_bombyx_v1_CoveredStatement, _bombyx_v1_CoveredStatement__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      FindStatementsRequest: MessageTypeDefinition<_bombyx_v1_FindStatementsRequest, _bombyx_v1_FindStatementsRequest__Output>
      FindStatementsResponse: MessageTypeDefinition<_bombyx_v1_FindStatementsResponse, _bombyx_v1_FindStatementsResponse__Output>
      GiveVoucherRequest: MessageTypeDefinition<_bombyx_v1_GiveVoucherRequest, _bombyx_v1_GiveVoucherRequest__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      HelloCall: MessageTypeDefinition<_bombyx_v1_HelloCall, _bombyx_v1_HelloCall__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      HostIdentity: MessageTypeDefinition<_bombyx_v1_HostIdentity, _bombyx_v1_HostIdentity__Output>
      /**
       * Brings clients' hellos to a host that dialled in; the handshake's side of HostLink. The relay's first message is a
       * nonce, the host's first is its identity: the same proof as in HostLink's HELLO.
       */
      HostSession: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_HostSessionClient> & { service: _bombyx_v1_HostSessionDefinition }
      HostSessionAnswer: MessageTypeDefinition<_bombyx_v1_HostSessionAnswer, _bombyx_v1_HostSessionAnswer__Output>
      HostSessionCall: MessageTypeDefinition<_bombyx_v1_HostSessionCall, _bombyx_v1_HostSessionCall__Output>
      KnownVouchers: MessageTypeDefinition<_bombyx_v1_KnownVouchers, _bombyx_v1_KnownVouchers__Output>
      LeftStatements: MessageTypeDefinition<_bombyx_v1_LeftStatements, _bombyx_v1_LeftStatements__Output>
      LeftWord: MessageTypeDefinition<_bombyx_v1_LeftWord, _bombyx_v1_LeftWord__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      ListVouchersRequest: MessageTypeDefinition<_bombyx_v1_ListVouchersRequest, _bombyx_v1_ListVouchersRequest__Output>
      ListVouchersResponse: MessageTypeDefinition<_bombyx_v1_ListVouchersResponse, _bombyx_v1_ListVouchersResponse__Output>
      /**
       * Stores the usage statements that hosts sign. Relays deliver; statements prove themselves, so who delivers is no matter.
       */
      Metering: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_MeteringClient> & { service: _bombyx_v1_MeteringDefinition }
      PaymentAnswer: MessageTypeDefinition<_bombyx_v1_PaymentAnswer, _bombyx_v1_PaymentAnswer__Output>
      PaymentCall: MessageTypeDefinition<_bombyx_v1_PaymentCall, _bombyx_v1_PaymentCall__Output>
      PaymentStatus: MessageTypeDefinition<_bombyx_v1_PaymentStatus, _bombyx_v1_PaymentStatus__Output>
      /**
       * At a relay, for clients: pays the host of a session. Authorised as Relay is.
       */
      Payments: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_PaymentsClient> & { service: _bombyx_v1_PaymentsDefinition }
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReceiptName: MessageTypeDefinition<_bombyx_v1_ReceiptName, _bombyx_v1_ReceiptName__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      RefusalAnswer: MessageTypeDefinition<_bombyx_v1_RefusalAnswer, _bombyx_v1_RefusalAnswer__Output>
      StoreUsageRequest: MessageTypeDefinition<_bombyx_v1_StoreUsageRequest, _bombyx_v1_StoreUsageRequest__Output>
      StoreUsageResponse: MessageTypeDefinition<_bombyx_v1_StoreUsageResponse, _bombyx_v1_StoreUsageResponse__Output>
      StoreVoucherResponse: MessageTypeDefinition<_bombyx_v1_StoreVoucherResponse, _bombyx_v1_StoreVoucherResponse__Output>
      StoredVoucher: MessageTypeDefinition<_bombyx_v1_StoredVoucher, _bombyx_v1_StoredVoucher__Output>
      UsageProgress: MessageTypeDefinition<_bombyx_v1_UsageProgress, _bombyx_v1_UsageProgress__Output>
      UsageRefusal: MessageTypeDefinition<_bombyx_v1_UsageRefusal, _bombyx_v1_UsageRefusal__Output>
      UsageStatement: MessageTypeDefinition<_bombyx_v1_UsageStatement, _bombyx_v1_UsageStatement__Output>
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
      VoucherMessage: MessageTypeDefinition<_bombyx_v1_VoucherMessage, _bombyx_v1_VoucherMessage__Output>
      /**
       * At the market. Vouchers prove themselves; relays deliver them, payees and relays ask for them.
       */
      Vouchers: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_VouchersClient> & { service: _bombyx_v1_VouchersDefinition }
    }
  }
}

