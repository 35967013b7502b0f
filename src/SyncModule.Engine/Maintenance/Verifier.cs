using System.Globalization;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Maintenance;

/// <summary>How much is read: headers and the log only, or every stored byte; of the packs a share in percent.</summary>
public sealed record VerifyOptions(bool ReadData = false, int Percent = 100);

/// <summary>One thing that is wrong: where, and what.</summary>
public sealed record Damage(string Where, string What);

/// <summary>
/// What a check found. Checked counts groups of the log and objects. Healed: parts of the log that stay unreadable and whose commits came
/// back from a peer; a commit that only they held would be missing unseen, so they are told for ever, and are no damage any more.
/// </summary>
public sealed record VerifyResult(long Checked, IReadOnlyList<Damage> Damaged, IReadOnlyList<ObjectAddress> DamagedObjects, bool StateFits, IReadOnlyList<Damage> Healed);

/// <summary>Finds damage: every byte of the log is covered by a sum and by the signatures; every object by its address; the index by being computed again from nothing; rows of local.db by their seals; every slot of vault.json by its own key, which the ring holds.</summary>
public static class Verifier
{
    /// <exception cref="SyncException">DiskFailed: the log cannot be read. A pack that cannot be read is damage, and the others are checked.</exception>
    public static VerifyResult Run(Vault vault, VerifyOptions options, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return Check(vault, options, progress, cancellationToken);
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private static VerifyResult Check(Vault vault, VerifyOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (options.Percent is < 1 or > 100) throw SyncErrors.UsageWrong.With("The share is 1 to 100 percent");
        var damage = new List<Damage>();
        var healed = new List<Damage>();
        var objects = new List<ObjectAddress>();
        var hashed = new HashSet<PackRecord>();
        long count = vault.VerifyLog((where, what) => damage.Add(new(where, what)), (where, what) => healed.Add(new(where, what)), cancellationToken);
        progress?.Report(count);
        foreach (var pack in vault.PackNames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsChosen(pack, options.Percent)) continue;
            string where = $"packs/{pack}.pack";
            try
            {
                var records = vault.VerifyPack(pack, options.ReadData, (offset, length) =>
                    damage.Add(new(where, string.Create(CultureInfo.InvariantCulture, $"{length} bytes at {offset} are not what their address says"))));
                count += records.Count;
                if (options.ReadData) hashed.UnionWith(records);
            }
            catch (DiskException e)
            {
                damage.Add(new(where, e.Message));
            }

            progress?.Report(count);
        }

        foreach (var address in vault.UnreadableObjects(pack => options.ReadData && (pack.IsZero || IsChosen(pack, options.Percent)), hashed, cancellationToken))
        {
            objects.Add(address);
            damage.Add(new("object " + address.ToString()[..16], "it is listed but cannot be read"));
        }

        foreach (var slot in vault.DamagedSlots)
        {
            damage.Add(new("vault.json", $"the slot of the {NameOf(slot)} is damaged and does not open the vault any more; restore vault.json from a copy, and keep what opens it now"));
        }

        foreach (var (table, _) in vault.UnreadableLocalRows())
        {
            damage.Add(new("local.db", Told(table)));
        }

        bool fits = vault.StateFitsLog();
        if (!fits) damage.Add(new("index.db", "it says something else than the log; mirord repair makes it again"));
        return new(count, damage, objects, fits, healed);
    }

    private static string Told(byte table) => table switch
    {
        LocalTables.Peer => "a peer cannot be read; mirord repair forgets it, and it has to be added again",
        LocalTables.ImportBase => "where a file came from cannot be read; mirord repair forgets it",
        LocalTables.Field or LocalTables.FieldJournal => "fields of an item that stay on this device cannot be read; mirord repair forgets them",
        LocalTables.Derived or LocalTables.DerivedHead => "a part of what was computed here cannot be read; mirord repair forgets it all, and it has to be computed anew",
        LocalTables.Acknowledged => "what a peer has acknowledged cannot be read; mirord repair forgets it, and the next sync with that peer brings it back",
        _ => "how many commits this device had written before some were lost cannot be read; sync with every peer, then mirord repair forgets it",
    };

    private static string NameOf(SlotType slot) => slot switch
    {
        SlotType.Passphrase => "passphrase",
        SlotType.KeyFile => "key file",
        _ => "recovery words",
    };

    // Which packs belong to a share is decided by their random names: the same ones for the same percentage.
    private static bool IsChosen(Id16 pack, int percent) => pack.ToArray()[0] * 100 < percent * 256;
}
