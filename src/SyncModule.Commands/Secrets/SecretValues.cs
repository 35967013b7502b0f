using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Security;
using SyncModule.Commands.Items;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Secrets;

/// <summary>Between items and the five types that SecretManagement knows: bytes, string, SecureString, PSCredential, hashtable.</summary>
internal static class SecretValues
{
    private const long MostBytes = 64 << 20;
    private const string InformationType = "Microsoft.PowerShell.SecretManagement.SecretInformation";

    /// <summary>The value of an item as one of the five types.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueUnsupported"/>: a list or another object; Get-SyncValue reads it.</exception>
    public static object Read(OpenVault open, KeyState item)
    {
        var winner = View.Of(item).Winner;
        var value = open.Vault.ValueOf(item);
        if (!open.Vault.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{item.Key}' is known, but not all of its bytes have arrived");
        if (value.Length > MostBytes) throw SyncErrors.ValueTooLarge.With($"'{item.Key}' has {value.Length:N0} bytes");
        using var buffer = new MemoryStream(checked((int)value.Length));
        foreach (byte[] piece in open.Vault.ReadValue(value)) buffer.Write(piece);
        return ValueCodec.Decode(winner?.Metadata?.Text(ValueKind.MetadataKey), buffer.ToArray(), asPlainText: true) switch
        {
            object known and (byte[] or string or SecureString or PSCredential or Hashtable) => known,
            IDictionary map => new Hashtable(map, StringComparer.CurrentCultureIgnoreCase),
            PSObject { BaseObject: PSCustomObject } o => new Hashtable(o.Properties.ToDictionary(p => p.Name, p => p.Value, StringComparer.OrdinalIgnoreCase), StringComparer.CurrentCultureIgnoreCase),
            object other => throw SyncErrors.ValueUnsupported.With($"'{item.Key}' is a {other.GetType().Name}, which no secret can be; Get-SyncValue reads it"),
        };
    }

    /// <summary>A SecretInformation, made by reflection: its assembly belongs to SecretManagement and is loaded when it calls us.</summary>
    public static object Information(OpenVault open, string vaultName, KeyState item)
    {
        var type = AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(InformationType)).FirstOrDefault(t => t is not null)
            ?? throw SyncErrors.UsageWrong.With("Get-SecretInfo of this module is called by SecretManagement, which is not loaded");
        var constructor = type.GetConstructors().Where(c => c.GetParameters().Length == 4).First();
        object secretType = Enum.Parse(constructor.GetParameters()[1].ParameterType, TypeName(ItemObjects.TypeOf(View.Of(item).Winner?.Metadata)));
        var metadata = new Dictionary<string, object>(ItemObjects.UserMetadata(View.Of(item).Winner?.Metadata), StringComparer.OrdinalIgnoreCase);
        return constructor.Invoke([item.Key, secretType, vaultName, new ReadOnlyDictionary<string, object>(metadata)]);
    }

    private static string TypeName(SyncItemType type) => type switch
    {
        SyncItemType.Text => "String",
        SyncItemType.SecureString => "SecureString",
        SyncItemType.PSCredential => "PSCredential",
        SyncItemType.Object => "Hashtable",
        SyncItemType.Bytes or SyncItemType.File => "ByteArray",
        _ => "Unknown",
    };
}
