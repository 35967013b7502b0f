using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>A write that does not count, because somebody else owns the item; it stays in the log.</summary>
public sealed record RefusedWrite(Operation Operation, OperationOrigin Origin, DeviceId? Owner);

/// <summary>Records that belong to one device (format-1 §9): only their owner changes them, everybody reads them.</summary>
public sealed partial class Vault
{
    /// <summary>
    /// This device becomes the owner of a record and what stands under it, or with "" of a whole collection; or, being the owner, it hands it over
    /// to <paramref name="to"/>. An administrator may do so for an owner that is lost.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotOwner"/>; <see cref="SyncErrors.NotAMember"/>: nobody of that id is a member.</exception>
    public CommitResult Own(string collection, string unit = "", DeviceId? to = null) => Commit([new([OwnIntent(collection, unit, to)], [])])[0];

    /// <summary>The same as an intent; see <see cref="Own"/>.</summary>
    internal ItemIntent OwnIntent(string collection, string unit, DeviceId? to)
    {
        string c = ItemName.Check(collection), u = unit.Length == 0 ? "" : ItemName.Check(unit);
        var owner = to ?? Device;
        if (!_context.Membership.Fold.Members.Any(m => m.Device == owner)) throw SyncErrors.NotAMember.With("The new owner is no member of this vault");
        return new(c, "", _ => null) { BuildAll = (_, point) => Build(point) };

        IReadOnlyList<Operation> Build(WritePoint point)
        {
            var current = point.OwnersOf(c).ChainOfUnit(u) is { Count: > 0 } chain ? chain[^1] : null;
            if (current?.Owner == owner) return [];
            if (current is not null && current.Owner != Device && !_context.IsAdministrator(Device)) throw SyncErrors.NotOwner.With($"{(u.Length == 0 ? c : u)} belongs to {DeviceName(current.Owner)}");
            if (current is null && owner != Device) throw SyncErrors.NotOwner.With($"{(u.Length == 0 ? c : u)} belongs to nobody yet; own it first, then hand it over");
            return [new(c, "", OperationKind.Own, [], null, false, null, [], null, null) { Detail = new OwnDetail(u, owner, current?.Dot, point.Applied()) }];
        }
    }

    /// <summary>The member of that name or, if nobody is called so, whose id begins so.</summary>
    /// <param name="nameOrId">A name, or at least eight digits.</param>
    /// <param name="otherwise">What it is when there is none, or there are several.</param>
    public DeviceId DeviceOf(string nameOrId, SyncErrorKind otherwise)
    {
        const int ShortestId = 8;
        var found = Members.Where(m => DeviceName(m) == nameOrId).ToList();
        if (found.Count == 0 && nameOrId.Length >= ShortestId) found = [.. Members.Where(m => m.ToString().StartsWith(nameOrId, StringComparison.OrdinalIgnoreCase))];
        return found.Count switch
        {
            1 => found[0],
            0 => throw otherwise.With($"No member of the vault is called '{nameOrId}'"),
            _ => throw otherwise.With($"{found.Count} members of the vault are called '{nameOrId}': give the beginning of an id"),
        };
    }

    /// <summary>Who owns an item; null when nobody does.</summary>
    public DeviceId? OwnerOf(string collection, string key)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        return Read(rows => Collections(rows).OwnersOf(c).Of(k)?.Owner);
    }

    /// <summary>Owned units of a collection with their owners, by name; "" is the whole collection.</summary>
    public IReadOnlyList<(string Unit, DeviceId Owner, HybridTimestamp Since)> Owners(string collection)
    {
        string c = ItemName.Check(collection);
        return Read(rows => (IReadOnlyList<(string, DeviceId, HybridTimestamp)>)[.. Collections(rows).OwnersOf(c).Chains.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => (u.Key, u.Value[^1].Owner, u.Value[^1].Timestamp))]);
    }

    /// <summary>What was written by devices that did not own it, oldest first. It changes nothing, and counts again if the chain of owners turns out otherwise.</summary>
    public IReadOnlyList<RefusedWrite> RefusedWrites() => Read(rows =>
    {
        var collections = Collections(rows);
        var dots = rows.Transaction.Scan(IndexTables.Refused).Select(r => new Dot(new(r.Key.AsSpan(0, Id32.Size)), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(r.Key.AsSpan(Id32.Size)))).ToList();
        return (IReadOnlyList<RefusedWrite>)[.. _context.Operations(rows, dots).Select(o => new RefusedWrite(o.Operation, o.Origin, collections.OwnersOf(o.Operation.Collection).Of(o.Operation.Key)?.Owner)).OrderBy(w => w.Origin.CommitTimestamp).ThenBy(w => w.Origin.Dot)];
    });
}
