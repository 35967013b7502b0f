using System.Globalization;

namespace SyncModule.Benchmarks.Rivals;

/// <summary>The configuration of one of two Syncthing instances that know each other and nobody else. What is not said stays at its default, fsync and case checks included.</summary>
internal static class SyncthingConfig
{
    public static string Of(SyncthingPair.Instance self, IReadOnlyList<SyncthingPair.Instance> all) => string.Create(CultureInfo.InvariantCulture, $"""
        <configuration version="{self.ConfigVersion}">
        <folder id="f" label="f" path="{self.Data}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="10">
        <filesystemType>basic</filesystemType>{string.Concat(all.Select(i => $"<device id=\"{i.Device}\"></device>"))}</folder>
        {string.Concat(all.Select(i => string.Create(CultureInfo.InvariantCulture, $"<device id=\"{i.Device}\" name=\"{Path.GetFileName(i.Home)}\" compression=\"metadata\"><address>tcp://127.0.0.1:{i.Port}</address></device>")))}
        <gui enabled="true" tls="false"><address>127.0.0.1:{self.ApiPort}</address><apikey>{self.ApiKey}</apikey></gui>
        <options><listenAddress>tcp://127.0.0.1:{self.Port}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
        <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH><crashReportingEnabled>false</crashReportingEnabled>
        <startBrowser>false</startBrowser><setLowPriority>false</setLowPriority><reconnectionIntervalS>5</reconnectionIntervalS><stunKeepaliveStartS>0</stunKeepaliveStartS><announceLANAddresses>false</announceLANAddresses></options>
        </configuration>
        """);
}
