using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What `digest` prints: equal on replicas that hold the same operations (format-1 §16).</summary>
public sealed record VaultDigest(Id32 Digest, long Operations, Id32 State, bool Full);

/// <summary>
/// HMAC(X(genesis ES,"digest"), canonical CBOR of [applied vector, membership heads, per collection in the order of key bytes the
/// states of keys that are not only DEL, members, forks]) (format-1 §16). Streams: the items never stand in one buffer.
/// </summary>
internal static class StateDigest
{
    public static (Id32 Digest, Id32 State) Compute(VaultKeys keys, VersionVector applied, MembershipLane membership, IReadOnlyCollection<Core.Merging.KeyState> items)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Genesis.Digest.Span);
        using var stateOnly = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Genesis.Digest.Span);
        var writer = new CborWriter(4096);
        writer.WriteArray(5);
        applied.Write(writer);
        writer.WriteArray(membership.Heads.Count);
        foreach (var head in membership.Heads) writer.WriteId(head);
        mac.AppendData(writer.Written);

        writer.Clear();
        writer.WriteArray(items is ItemList list ? list.CountAlive : items.Count(i => !i.IsOnlyDeleted));
        Append(writer, mac, stateOnly);
        foreach (var item in items)
        {
            if (item.IsOnlyDeleted) continue;
            item.Write(writer);
            Append(writer, mac, stateOnly);
        }

        writer.WriteArray(membership.Fold.Members.Count);
        foreach (var member in membership.Fold.Members)
        {
            writer.WriteArray(3);
            writer.WriteId(member.Device);
            writer.WriteUInt((ulong)member.Certificate.Role);
            writer.WriteText(member.Name);
        }

        WriteForks(writer, applied);
        mac.AppendData(writer.Written);
        return (Finish(mac), Finish(stateOnly));
    }

    // Proven forks: logs with more than one applied branch.
    private static void WriteForks(CborWriter writer, VersionVector applied)
    {
        var forks = applied.Logs.Where(l => l.Value.Length > 1).ToList();
        writer.WriteArray(forks.Count);
        foreach (var (log, tips) in forks)
        {
            writer.WriteArray(2);
            writer.WriteId(log);
            writer.WriteArray(tips.Length);
            foreach (var tip in tips) writer.WriteId(tip.Id);
        }
    }

    private static void Append(CborWriter writer, IncrementalHash mac, IncrementalHash stateOnly)
    {
        mac.AppendData(writer.Written);
        stateOnly.AppendData(writer.Written);
        writer.Clear();
    }

    private static Id32 Finish(IncrementalHash mac)
    {
        Span<byte> digest = stackalloc byte[Id32.Size];
        mac.GetHashAndReset(digest);
        return new(digest);
    }
}
