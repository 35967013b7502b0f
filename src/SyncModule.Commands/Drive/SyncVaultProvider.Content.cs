using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;
using SyncModule.Commands.Items;
using SyncModule.Commands.Values;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Drive;

/// <summary>What Get-Content takes in a SyncVault: drive besides its own parameters.</summary>
public sealed class DriveReadParameters
{
    /// <summary>Text and files as lines of text; without it text is a SecureString and a file a byte array.</summary>
    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>With -AsPlainText: all of it as one string.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>The bytes, one by one.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>How the bytes of a file are to be read as text; UTF-8 when not given.</summary>
    [Parameter]
    [EncodingName]
    public Encoding Encoding { get; set; } = Encoding.UTF8;
}

/// <summary>What Set-Content and Add-Content take.</summary>
public sealed class DriveWriteParameters
{
    /// <summary>The values are bytes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }
}

/// <content>Get-Content and Set-Content.</content>
public sealed partial class SyncVaultProvider
{
    private const long MostBytes = 64 << 20;

    public IContentReader? GetContentReader(string path) => Guard(path, at =>
    {
        if (at.IsRoot || at.IsVault) throw SyncErrors.UsageWrong.With($"{at} is no item");
        var parameters = DynamicParameters as DriveReadParameters ?? new();
        DriveContentReader? reader = null;
        With(Need(at), (open, list) =>
        {
            string name = list.Item(at.Key) ?? throw SyncErrors.ItemNotFound.With($"There is no item '{at.Key}'");
            var winner = View.Of(open.Vault.Find(ItemCmdlet.DefaultCollection, name)!).Winner;
            var value = winner?.Value ?? Core.Model.ItemValue.FromBytes(default);
            if (!open.Vault.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{name}' is known, but not all of its bytes have arrived");
            if (value.Length > MostBytes) throw SyncErrors.ValueTooLarge.With($"'{name}' has {value.Length:N0} bytes");
            using var buffer = new MemoryStream(checked((int)value.Length));
            foreach (byte[] piece in open.Vault.ReadValue(value)) buffer.Write(piece);
            reader = DriveContentReader.Of(winner?.Metadata?.Text(ValueKind.MetadataKey), buffer.ToArray(), parameters);
        });
        return (IContentReader?)reader;
    });

    public object GetContentReaderDynamicParameters(string path) => new DriveReadParameters();

    public IContentWriter? GetContentWriter(string path) => Guard(path, at =>
    {
        if (at.IsRoot || at.IsVault) throw SyncErrors.UsageWrong.With($"{at} is no item");
        Engine.Vaults.ItemName.Check(at.Key);
        var known = Need(at);
        bool asBytes = (DynamicParameters as DriveWriteParameters)?.AsByteStream == true;
        return (IContentWriter?)new DriveContentWriter(asBytes, (content, append) =>
        {
            // A pipeline that was stopped has brought a part, which nobody wanted to store.
            if (Stopping) return;
            Guard(path, _ => With(known, (open, list) =>
            {
                string name = list.Item(at.Key) ?? at.Key;
                object value = append ? content.After(Standing(open, name)) : content.Value;
                ItemWriter.Put(open, ItemCmdlet.DefaultCollection, name, ValueCodec.Encode(value), metadata: null);
            }));
        });
    });

    public object GetContentWriterDynamicParameters(string path) => new DriveWriteParameters();

    /// <summary>Set-Content asks for it before it writes, and goes on when it cannot be had: an empty version in between would be one that nobody wrote.</summary>
    public void ClearContent(string path) => throw new PSNotSupportedException("An item is not emptied: Set-Content gives it another value, Remove-Item deletes it.");

    public object? ClearContentDynamicParameters(string path) => null;

    private static object? Standing(Vaults.OpenVault open, string name)
    {
        if (open.Vault.Find(ItemCmdlet.DefaultCollection, name) is not { } item || View.Of(item) is not { Status: ItemStatus.Item, Winner: { Value: { } value } winner }) return null;
        if (!open.Vault.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{name}' is known, but not all of its bytes have arrived");
        if (value.Length > MostBytes) throw SyncErrors.ValueTooLarge.With($"'{name}' has {value.Length:N0} bytes");
        return ValueCodec.Decode(winner.Metadata?.Text(ValueKind.MetadataKey), [.. open.Vault.ReadValue(value).SelectMany(p => p)], asPlainText: true);
    }
}
