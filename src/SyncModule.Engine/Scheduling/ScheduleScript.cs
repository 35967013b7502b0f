using System.Text;

namespace SyncModule.Engine.Scheduling;

/// <summary>
/// The script that a schedule runs. pwsh -File ends with 0 after most errors unless the script says otherwise, and a peer that does
/// not answer is an error too, which must not hide the summary: hence Stop for the script, Continue for the sync, and the exit code
/// of the summary.
/// </summary>
public static class ScheduleScript
{
    public static string Of(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder();
        text.Append($"# Made by Register-SyncSchedule for vault {plan.Vault}; Unregister-SyncSchedule {plan.Name} takes it away.\n");
        text.Append("# Run it by hand to see what the schedule sees: pwsh -NoProfile -File THIS; then look at $LASTEXITCODE:\n");
        text.Append("# 0 done, 1 error, 2 conflicts wait for a person, 3 no peer reached.\n");
        text.Append("$ErrorActionPreference = 'Stop'\n");
        foreach (var (name, value) in plan.Environment.OrderBy(e => e.Key, StringComparer.Ordinal)) text.Append($"$env:{name} = {Quoted(value)}\n");
        text.Append($"Import-Module {Quoted(plan.Module)}\n");
        text.Append($"$summary = Start-VaultSync {(plan.Peers.Count == 0 ? "" : $"-Peer {string.Join(", ", plan.Peers.Select(Quoted))} ")}-Vault {Quoted(plan.Folder)} -KeyFile {Quoted(plan.KeyFile)} -ErrorAction Continue | Select-Object -Last 1\n");
        text.Append("\"Vault $($summary.Vault): $($summary.Outcome), $($summary.Received) received, $($summary.Sent) sent\"\n");
        text.Append("exit ($summary ? $summary.ExitCode : 1)\n");
        return text.ToString();
    }

    /// <summary>A PowerShell string that nothing in it can leave. PowerShell takes typographic quotes for quotes too.</summary>
    public static string Quoted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = new StringBuilder("'");
        foreach (char c in text)
        {
            if (c is '\'' or '\u2018' or '\u2019' or '\u201A' or '\u201B') quoted.Append(c);
            quoted.Append(c);
        }

        return quoted.Append('\'').ToString();
    }
}
