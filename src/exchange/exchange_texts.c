/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of the Exchange Management Shell, word for word from Microsoft Learn, "Exchange Server
 * non-RFC compliant P2 FROM header detection". The small f in AddDisclaimerforRegexMatch is theirs.
 */
#include "exchange/exchange.h"

const char *twf_exchange_rule_text(void)
{
    return "New-TransportRule -HeaderContainsMessageHeader \"X-MS-Exchange-P2FromRegexMatch\" "
           "-HeaderContainsWords @(\"True\") -RejectMessageReasonText \"Message not accepted due "
           "to "
           "a non-RFC compliant P2 FROM header\" -Name \"NonCompliantP2FromDetectionRule\" "
           "-SenderAddressLocation \"Header\"\n"
           "\n"
           "New-SettingOverride -Name \"DisableP2FromRegexMatchDisclaimer\" -Component "
           "\"Transport\" "
           "-Section \"NonCompliantSenderSettings\" -Parameters "
           "@(\"AddDisclaimerforRegexMatch=false\") -Reason \"Disabled For Troubleshooting\"\n"
           "New-SettingOverride -Name \"DisableP2FromRegexMatchHeader\" -Component \"Transport\" "
           "-Section \"NonCompliantSenderSettings\" -Parameters "
           "@(\"AddP2FromRegexMatchHeader=false\") -Reason \"Disabled For Troubleshooting\"\n"
           "Get-ExchangeDiagnosticInfo -Process Microsoft.Exchange.Directory.TopologyService "
           "-Component VariantConfiguration -Argument Refresh\n"
           "Restart-Service -Name MSExchangeTransport\n";
}
