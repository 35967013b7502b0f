using System.Globalization;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Daemon.Commands;

/// <summary>One key that opens a folder, as JSON: a passphrase with what a guess costs, or a key file with its id.</summary>
internal sealed record KeyRow(string Type, string? KeyId, int? MemoryMiB, int? Passes)
{
    private const int ShortestId = 4;

    public static void Write(CommandRun run, VaultFile file)
    {
        var table = new TextTable("Key", "Id", "Cost of a guess");
        foreach (var slot in file.Slots)
        {
            var row = Of(slot);
            run.Output.Record(row);
            table.Add(row.Type, row.KeyId ?? "", row.MemoryMiB is { } memory ? string.Create(CultureInfo.InvariantCulture, $"{memory} MiB, {row.Passes} passes") : "");
        }

        run.Output.Record(new { vaultId = file.VaultId.ToString(), keys = file.Slots.Count });
        run.Output.Table(table);
    }

    /// <summary>True when a person who wrote this means that slot.</summary>
    public static bool IsMeant(KeySlot slot, string wanted)
    {
        var row = Of(slot);
        return row.KeyId is { } id ? wanted.Length >= ShortestId && id.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) : row.Type.Equals(wanted, StringComparison.OrdinalIgnoreCase);
    }

    private static KeyRow Of(KeySlot slot) => new(slot.Type.ToString().ToLowerInvariant(), slot.KeyId?.ToString(), slot.Kdf?.Parameters.MemoryKiB / 1024, slot.Kdf?.Parameters.Passes);
}
