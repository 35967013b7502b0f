using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>All that two programs have to agree on about a vault, as lines of text; the reader in tests/interop prints the same.</summary>
internal static class VaultListing
{
    public static string Of(Vault vault)
    {
        var text = new StringBuilder();
        var digest = vault.Digest();
        Line(text, $"vault {vault.Id}");
        foreach (var member in vault.Membership.Members) Line(text, $"member {member.Device} {(int)member.Certificate.Role} {Quoted(member.Name)}");
        foreach (var head in vault.Membership.Heads) Line(text, $"head {head}");
        Vector(text, "held", vault.HeldVector(Lane.Data));
        Vector(text, "applied", vault.AppliedVector());
        foreach (var item in vault.Items()) Item(text, vault, item);
        foreach (string name in vault.Items().Select(i => i.Collection).Distinct(StringComparer.Ordinal)) Collection(text, vault, name);
        foreach (var refused in vault.RefusedWrites()) Line(text, $"refused {Quoted(refused.Operation.Collection)} {Quoted(refused.Operation.Key)} version {VersionId.Of(refused.Origin.Dot)}");
        foreach (var record in vault.MergeRecords())
        {
            var writer = new CborWriter();
            record.Write(writer);
            Line(text, $"record {Convert.ToHexStringLower(writer.Written)}");
        }

        Line(text, $"state {digest.State}");
        Line(text, $"digest {digest.Digest}");
        Line(text, $"ops {digest.Operations} full {(digest.Full ? "yes" : "no")}");
        return text.ToString();
    }

    private static void Vector(StringBuilder text, string name, VersionVector vector)
    {
        foreach (var (log, tips) in vector.Logs)
        {
            foreach (var tip in tips) Line(text, $"{name} {log} {tip.Sequence} {tip.Id}");
        }
    }

    private static void Item(StringBuilder text, Vault vault, KeyState item)
    {
        var view = View.Of(item);
        string status = view.Status switch { ItemStatus.Item => "item", ItemStatus.Conflict => "conflict", _ => "deleted" };
        string version = view.Winner is { } named && named.Dot != default ? VersionId.Of(named.Dot) : "none";
        Line(text, $"{status} {Quoted(item.Collection)} {Quoted(item.Key)} heads {item.Item?.Heads.Count ?? 0} conflict {(view.HasConflict ? "yes" : "no")} version {version}");
        if (view.Status == ItemStatus.Deleted) return;
        var head = item.Item?.First;
        Line(text, $"  value {Value(vault, head?.Value)}");
        foreach (var (key, value) in head?.Metadata?.Entries ?? []) Line(text, $"  metadata {Quoted(key)} {(value is string words ? Quoted(words) : ((long)value).ToString(CultureInfo.InvariantCulture))}");
        foreach (var cell in view.Cells) Line(text, $"  cell {Quoted(cell.Path)} {Value(vault, cell.Value)}");
        if (head is null or { Kind: OperationKind.Patch }) Line(text, $"  json {Value(vault, vault.ValueOf(item))}");
    }

    private static void Collection(StringBuilder text, Vault vault, string name)
    {
        if (vault.FindCollection(name) is not { } collection) return;
        foreach (var cell in collection.Cells.Where(c => c.Path.Length > 0)) Line(text, $"policy {Quoted(name)} {Quoted(cell.Path)} {Value(vault, cell.First.Value)}");
        foreach (var (unit, owner, _) in vault.Owners(name)) Line(text, $"owner {Quoted(name)} {Quoted(unit)} {owner}");
        foreach (var tree in collection.Trees) Line(text, $"tree {Quoted(name)} {Quoted(tree.Prefix)} version {VersionId.Of(tree.Dot)}");
    }

    private static string Value(Vault vault, ItemValue? value)
    {
        if (value is null) return "none";
        if (value.Counter is { } counter) return $"counter {counter.Base} seen {counter.Seen.Count}";
        byte[] bytes = [.. vault.ReadValue(value).SelectMany(p => p)];
        return $"{bytes.Length} {Convert.ToHexStringLower(SHA256.HashData(bytes))}";
    }

    // ASCII: UTF-16 units outside of it, quotes and backslashes as \uXXXX.
    private static string Quoted(string text) =>
        '"' + string.Concat(text.Select(c => c is >= ' ' and <= '~' and not '"' and not '\\' ? c.ToString() : $"\\u{(int)c:x4}")) + '"';

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
